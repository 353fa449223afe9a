"""Every figure that ships, trained in small on generated data, from its file to its page and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from figures_fake import ALONG_EPOCHS, LOSSES, epoch_records
from shipped import SHIPPED
from small_runs import EAGER, Watcher

from hyperopt import publish as publishing
from hyperopt.engine.execute import execute
from hyperopt.engine.plan import plan
from hyperopt.experiments import load
from hyperopt.findings.measurements import value
from hyperopt.findings.view import views_of
from hyperopt.pages.page import render as render_page
from hyperopt.publish import publish, write_drawings, write_page
from hyperopt.records import Store

FIGURES = [name for name, experiment in SHIPPED.items() if experiment.kind == "figure"]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_from_its_file_to_its_pictures(name: str, tmp_path: Path) -> None:
    experiment = SHIPPED[name]
    first = next(experiment.cells()).run(0)
    small: dict[str, Any] = {"dataset.generated": True, "dataset.train": 40, "batch_size": 20, "epochs": 2}
    small |= {"model.hidden": [4]} if "hidden" in first.model else {}
    small |= {"model.width": 1} if first.model["name"] == "vgg16" else {}
    small |= {} if first.dataset["name"] in ("iris", "height_weight") else {"dataset.test": 20}
    experiment = experiment.changed(small)
    store = Store(tmp_path / "runs/records")
    runs = experiment.runs([0])
    outcome = execute(plan(runs, set(), EAGER), store, EAGER, Watcher())
    assert not outcome.failures
    assert len(outcome.records) == len(runs)
    shown = [panel.metric for panel in experiment.figure.panels] if experiment.figure else ["crossed_at"]
    for metric in shown:
        assert any(value(record, metric) is not None for record in outcome.records.values())

    views = views_of(experiment, outcome.records, [0])
    page = render_page(views)
    path = write_page(tmp_path, name, page)
    drawn = write_drawings(tmp_path, views)
    assert [p.suffix for p in drawn] == [".svg", ".png"]
    assert f"![{experiment.title}]({drawn[0].name})" in path.read_text(encoding="utf-8")
    assert f"{len(runs)} of {len(runs)} runs" in page.markdown
    for row in (row for table in experiment.tables for row in table.rows):
        assert row.label in page.csv
        assert experiment.heatmap or page.markdown.count(row.label) > 1


def test_publish_draws_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "experiments/report/curves.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(ALONG_EPOCHS)
    monkeypatch.setattr(publishing, "load", lambda **told: load(root=tmp_path / "experiments", **told))
    [experiment] = load(root=tmp_path / "experiments")
    store = Store(tmp_path / "runs")
    store.write(list(epoch_records(experiment, LOSSES).values()), "pack")
    results = tmp_path / "results"
    page = publish([experiment], store, results)["report/curves"]
    names = {p.relative_to(results).as_posix() for p in results.rglob("*") if p.is_file()}
    pages = {f"report/curves.{kind}" for kind in ("md", "csv", "svg", "png")}
    assert names == {
        *pages,
        "records/report/curves.parquet",
        "README.md",
        "sentences.csv",
        "local/.publish.lock",
    }
    ran = "mnist; fully connected 784-128-10, tanh, tanh on the logits; 3 seeds"
    line = f"| [report/curves](report/curves.md) | {ran} | {page.verdicts} |"
    assert line in (results / "README.md").read_text()
    before = (results / "report/curves.svg").read_bytes()
    (results / "report/curves.svg").unlink()
    publishing.render([experiment], results, drawings=False)
    assert not (results / "report/curves.svg").exists()
    publishing.render([experiment], results)
    assert (results / "report/curves.svg").read_bytes() == before
