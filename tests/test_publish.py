import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from fake_records import ERRORS, SMALL, record, records

from hyperopt import publish as publishing
from hyperopt.errors import ConfigError, ImpossibleError
from hyperopt.experiments import load
from hyperopt.experiments.experiment import Experiment
from hyperopt.files import results_dir
from hyperopt.findings.next_look import shown_seeds
from hyperopt.pages.page import Page
from hyperopt.publish import leading_to_docs, publish, render, write_page
from hyperopt.records import Store, read_records


@pytest.fixture
def experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Experiment:
    """The only experiment there is."""
    path = tmp_path / "experiments/report/table9.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(SMALL)
    monkeypatch.setattr(publishing, "load", lambda **told: load(root=tmp_path / "experiments", **told))
    [only] = load(root=tmp_path / "experiments")
    return only


def stored(folder: Path, experiment: Experiment, errors: dict) -> Store:
    store = Store(folder)
    store.write(list(records(experiment, errors).values()), "pack")
    return store


def test_publish_copies_and_renders(tmp_path: Path, experiment: Experiment) -> None:
    results = tmp_path / "results"
    pages = publish([experiment], stored(tmp_path / "runs", experiment, ERRORS), results)
    assert {r.id for r in read_records(results / "records/report/table9.parquet")} == {
        r.id for r in experiment.runs()
    }
    assert (results / "report/table9.md").read_text() == pages["report/table9"].markdown
    assert (results / "report/table9.csv").read_text() == pages["report/table9"].csv
    assert "15 of 15 runs" in pages["report/table9"].markdown
    ran = "mnist; fully connected 784-128-10, tanh, tanh on the logits; 3 seeds"
    line = f"| [report/table9](report/table9.md) | {ran} | {pages['report/table9'].verdicts} |"
    assert line in (results / "README.md").read_text()


def test_publishing_tells_which_page_of_how_many_it_reads_and_writes(
    tmp_path: Path, experiment: Experiment
) -> None:
    lines: list[str] = []
    store = stored(tmp_path / "runs", experiment, ERRORS)
    publish([experiment], store, tmp_path / "results", lines.append)
    first, *reading, last = lines
    assert (first, last) == ("copying the runs of page 1 of 1", "writing page 1 of 1")
    assert reading == [f"reading page {i} of {len(reading)}" for i in range(1, len(reading) + 1)]
    assert reading


def test_recorded_steps_are_not_published(tmp_path: Path, experiment: Experiment) -> None:
    plain = records(experiment, ERRORS)
    steps = {"step": [1.0], "train_loss": [2.0]}
    for name, by_step in (("with", steps), ("without", {})):
        store = Store(tmp_path / name / "runs")
        store.write([replace(record, by_step=by_step) for record in plain.values()], "pack")
        publish([experiment], store, tmp_path / name / "results")
    paths = [tmp_path / name / "results/records/report/table9.parquet" for name in ("with", "without")]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_published_record_is_never_lost_or_replaced(tmp_path: Path, experiment: Experiment) -> None:
    results = tmp_path / "results"
    path = results / "records/report/table9.parquet"
    publish([experiment], stored(tmp_path / "first", experiment, {("0.1", "clip"): [4.0, 5.0]}), results)
    first = {r.id: r for r in read_records(path)}
    # A store that lacks one of the two, has other numbers for the other, and one run more.
    later = records(experiment, {("0.1", "clip"): [1.0, 2.0, 3.0]})
    del later[experiment.cell("0.1", "clip").run(0).id]
    store = Store(tmp_path / "later")
    store.write(list(later.values()), "pack")
    for _ in range(2):
        publish([experiment], store, results)
        published = {r.id: r for r in read_records(path)}
        assert len(published) == 3
        assert published | first == published
    publish([experiment], Store(tmp_path / "nothing"), results)
    assert {r.id: r for r in read_records(path)} == published


def test_publishing_in_two_parts_is_publishing_at_once(tmp_path: Path, experiment: Experiment) -> None:
    half = {cell: errors[:2] for cell, errors in ERRORS.items()}
    publish([experiment], stored(tmp_path / "half", experiment, half), tmp_path / "twice")
    assert "10 of 15 runs, 5 missing" in (tmp_path / "twice/report/table9.md").read_text()
    whole = stored(tmp_path / "whole", experiment, ERRORS)
    publish([experiment], whole, tmp_path / "twice")
    publish([experiment], whole, tmp_path / "once")
    for name in ("report/table9.md", "report/table9.csv", "README.md"):
        assert (tmp_path / "twice" / name).read_bytes() == (tmp_path / "once" / name).read_bytes()


def test_runs_of_other_settings_stay_unpublished(tmp_path: Path, experiment: Experiment) -> None:
    store = stored(tmp_path / "runs", experiment, ERRORS)
    store.write(list(records(experiment.changed({"epochs": 9}), ERRORS).values()), "other")
    publish([experiment], store, tmp_path / "results")
    assert len(read_records(tmp_path / "results/records/report/table9.parquet")) == 15


def test_seeds_beyond_the_experiments_own_count_once_complete(experiment: Experiment) -> None:
    four = {cell: [*errors, 5.0] for cell, errors in ERRORS.items()}
    whole = records(experiment, four)
    assert shown_seeds(experiment, whole) == (0, 1, 2, 3)
    lacking = dict(whole)
    del lacking[experiment.cell("10", "clip").run(3).id]
    assert shown_seeds(experiment, lacking) == (0, 1, 2)


LOOKED = SMALL.replace('each_of: ["0.1", "10"]', 'each_of: ["0.1"]').replace(
    'mean_of: ["0.1", "10"]', 'each_of: ["10"]'
)
DECIDED = {
    ("Adam alone", "no clip"): [4.0, 5.0, 6.0],
    ("0.1", "no clip"): [20.0, 20.1, 20.2],
    ("0.1", "clip"): [5.0, 5.2, 5.1],
}
"""Its first sentence holds at three seeds, so that further ones are of the row at 10 alone."""
OPEN = {("10", "no clip"): [50.0, 40.0, 45.0] * 4, ("10", "clip"): [45.0, 50.0, 40.0] * 4}


def test_runs_of_a_look_are_published_before_a_page_shows_them(
    tmp_path: Path, experiment: Experiment
) -> None:
    """So they are not lost with the machine; a page shows those of cells that have all of them."""
    path = tmp_path / "experiments/report/table9.yaml"
    path.write_text(LOOKED)
    [looked] = load(root=tmp_path / "experiments")
    results, record_file = tmp_path / "results", "records/report/table9.parquet"
    for seeds, runs, shown, count in ((9, 27, 15, "3 seeds"), (10, 29, 29, "3 to 10 seeds")):
        errors = DECIDED | {cell: numbers[:seeds] for cell, numbers in OPEN.items()}
        page = publish([looked], stored(tmp_path / str(seeds), looked, errors), results)["report/table9"]
        assert len(read_records(results / record_file)) == runs
        assert f"; {count}." in page.markdown
        assert f"{shown} of {shown} runs" in page.markdown
        assert "missing" not in page.markdown


def test_pages_that_share_new_runs_are_rendered_too(tmp_path: Path, experiment: Experiment) -> None:
    """The second asks for what the first trains, and is whole once that is published."""
    (tmp_path / "experiments/report/table10.yaml").write_text(SMALL.replace("Two alphas", "The same"))
    first, second = sorted(load(root=tmp_path / "experiments"), key=lambda e: e.id, reverse=True)
    half = {cell: errors[:2] for cell, errors in ERRORS.items()}
    results = tmp_path / "results"
    publish([second], stored(tmp_path / "half", second, half), results)
    assert "5 missing" in (results / "report/table10.md").read_text()
    pages = publish([first], stored(tmp_path / "whole", first, ERRORS), results)
    assert pages.keys() == {"report/table9", "report/table10"}
    assert "15 of 15 runs" in (results / "report/table10.md").read_text()
    assert publish([first], Store(tmp_path / "nothing"), results).keys() == {"report/table9"}


def test_publishing_leaves_nothing_to_render(tmp_path: Path, experiment: Experiment) -> None:
    """Not even where another page shows none of the new runs, but its next look lacks fewer of them."""
    (tmp_path / "experiments/report/table10.yaml").write_text(LOOKED)
    whole, looked = load(root=tmp_path / "experiments")
    results = tmp_path / "results"
    three, ten = (DECIDED | {cell: numbers[:n] for cell, numbers in OPEN.items()} for n in (3, 10))
    publish([whole], stored(tmp_path / "three", whole, three), results)
    before = (results / "report/table9.md").read_text()
    publish([looked], stored(tmp_path / "ten", looked, ten), results)
    assert (results / "report/table9.md").read_text() != before
    published = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    render([looked, whole], results)
    assert {path: path.read_bytes() for path in results.rglob("*") if path.is_file()} == published


def test_render_trains_nothing_and_repeats_itself(tmp_path: Path, experiment: Experiment) -> None:
    results = tmp_path / "results"
    publish([experiment], stored(tmp_path / "runs", experiment, ERRORS), results)
    before = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    (results / "report/table9.md").unlink()
    render([experiment], results)
    assert {path: path.read_bytes() for path in results.rglob("*") if path.is_file()} == before


def test_nothing_published_makes_no_page(tmp_path: Path, experiment: Experiment) -> None:
    assert render([experiment], tmp_path) == {}
    assert not (tmp_path / "report").exists()


def test_made_changes_nothing_but_its_own_section(tmp_path: Path, experiment: Experiment) -> None:
    errors = ERRORS | {("0.1", "clip"): [4.0, 5.0]}
    store = stored(tmp_path / "runs", experiment, errors)
    last = record(experiment, "0.1", "clip", 2, 6.0)
    store.write([replace(last, made={**last.made, "device": "cuda"})], "other")
    page = publish([experiment], store, tmp_path / "results")["report/table9"]
    assert "| cpu, cuda " in page.markdown


def test_write_page_leaves_only_the_page(tmp_path: Path) -> None:
    path = write_page(tmp_path / "local", "report/table9", Page("text\n", "a\n", ""))
    assert sorted(p.name for p in path.parent.iterdir()) == ["table9.csv", "table9.md"]


def test_the_readme_gets_the_published_numbers(tmp_path: Path, experiment: Experiment) -> None:
    readme = tmp_path / "README.md"
    marks = "before\n<!-- excerpt report/{} -->\nold\n<!-- end of excerpt -->\nafter\n"
    readme.write_text(marks.format("table9") + marks.format("nosuch"))
    some = {("0.1", "clip"): [4.0, 5.0], ("10", "clip"): ERRORS["10", "clip"]}
    publish([experiment], stored(tmp_path / "runs", experiment, some), tmp_path / "results")
    first, _, second = readme.read_text().partition("after\n")
    row = next(
        line for line in first.splitlines() if line.split("|")[1:2] and line.split("|")[1].strip() == "0.1"
    )
    cell = experiment.cell("0.1", "clip")
    assert f"{cell.report:.2f}" in row
    assert "4.50 ± 0.71" in row
    assert "Ours: means over 0 to 3 of 3 seeds, ± sd. † Some of these runs ended as NaN." in first
    assert "old" not in first
    assert second == marks.format("nosuch"), "an excerpt that nobody publishes is left alone"


def test_what_two_commands_publish_at_once_is_merged(tmp_path: Path, experiment: Experiment) -> None:
    """Each has half of the runs; a third renders meanwhile."""
    every, results = records(experiment, ERRORS).values(), tmp_path / "results"
    stores = [Store(tmp_path / "even"), Store(tmp_path / "odd")]
    for half, store in enumerate(stores):
        store.write([r for r in every if r.config["seed"] % 2 == half], "pack")
    for _ in range(3):
        shutil.rmtree(results, ignore_errors=True)
        with ThreadPoolExecutor(3) as commands:
            done = [commands.submit(publish, [experiment], store, results) for store in stores]
            done.append(commands.submit(render, [experiment], results))
            for each in done:
                each.result()
        ids = {r.id for r in read_records(results / "records/report/table9.parquet")}
        assert ids == {run.id for run in experiment.runs()}
        assert "15 of 15 runs" in (results / "report/table9.md").read_text()


def test_no_page_is_written_without_the_records_of_a_damaged_file(
    tmp_path: Path, experiment: Experiment
) -> None:
    results = tmp_path / "results"
    store = stored(tmp_path / "runs", experiment, ERRORS)
    publish([experiment], store, results)
    page = (results / "report/table9.md").read_bytes()
    path = results / "records/report/table9.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    for command in (lambda: publish([experiment], store, results), lambda: render([experiment], results)):
        with pytest.raises(ImpossibleError, match=r"table9\.parquet is damaged"):
            command()
    assert (results / "report/table9.md").read_bytes() == page
    assert path.is_file()


def test_an_experiment_that_cannot_be_read_stops_no_other(
    tmp_path: Path, experiment: Experiment, caplog: pytest.LogCaptureFixture
) -> None:
    """Such as one whose modules are not here; unless it has a page, which the list of pages would lose."""
    results, other = tmp_path / "results", tmp_path / "experiments/report/other.yaml"
    other.write_text(SMALL.replace("dataset: mnist", "dataset: 'nosuchmodule:Data'"))
    assert "nosuchmodule" in other.read_text()
    pages = publish([experiment], stored(tmp_path / "runs", experiment, ERRORS), results)
    assert [*pages] == ["report/table9"]
    assert ["other.yaml" in told and "nosuchmodule" in told for told in caplog.messages] == [True]
    (results / "report/other.md").touch()
    with pytest.raises(ConfigError, match="nosuchmodule"):
        render([experiment], results)


def test_a_page_leads_to_the_docs_from_wherever_it_lies(tmp_path: Path) -> None:
    markdown = "[How](../../docs/statistics.md). [Other](../clipping/table2.md)"
    assert leading_to_docs(markdown, results_dir() / "clipping") == markdown
    [led] = re.findall(r"\[How\]\((.*)\)\.", leading_to_docs(markdown, tmp_path / "pages" / "clipping"))
    assert (tmp_path / "pages" / "clipping" / led).resolve() == results_dir().parent / "docs/statistics.md"
