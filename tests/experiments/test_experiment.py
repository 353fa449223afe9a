import re
import shutil
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from yaml import YAMLError

from hyperopt.errors import ConfigError
from hyperopt.experiments import ids, load
from hyperopt.experiments.experiment import Experiment, ExperimentError
from hyperopt.files import experiments_dir
from hyperopt.findings.in_the_report import printed
from hyperopt.findings.study import STUDY
from hyperopt.yaml_file import read_yaml

SMALL = """
title: Two stacks
source: A report, table 9
metric: test_error
runs_per_number: 3
settings: {dataset: mnist, model: mlp, epochs: 2}
baseline: {label: Adam alone, settings: {stack: adam}, report: 5}
corner: α
columns:
  no clip: {label: without, settings: {clip: false}}
  clip: {label: with, settings: {clip: true}}
tables:
  - heading: Adam / SGD(α)
    settings: {stack: adam/sgd}
    rows:
      - {label: "0.1", settings: {alpha: 0.1}, report: [6, 4]}
      - {label: "10⁻²", settings: {alpha: 1e-2}, report: [3, null]}
effect: {from: no clip, to: clip}
bold: {at_least: 1}
claims:
  - {says: It helps., each_of: ["0.1"], at_least: 1}
"""

# adabelief_amsgrad/table1, shortened: rows are stacks, columns show two numbers of the same run.
STACKS = """
title: Hyperoptimization on MNIST
source: AdaBelief and AMSGrad (report 001), table 1
settings: {dataset: mnist, model: mlp, epochs: 5}
corner: Optimizer / Hyper
columns:
  time: {label: Time(s), metric: seconds}
  error: {label: Test Error}
tables:
  - heading: (a) MNIST with SGD
    rows:
      - {label: SGD, settings: {stack: sgd}, report: [41.21, 13.45]}
      - {label: SGD / SGD, settings: {stack: sgd/sgd, alpha: 0.01}, report: [39.17, 7.81]}
  - heading: (c) MNIST with Adam
    rows:
      - {label: Adam^α / SGD, settings: {stack: adam/sgd, alpha: 1e-5, tune: alpha}, report: [40.05, 2.93]}
claims:
  - says: Hyperoptimization lowers the error.
    effect: {from: {row: SGD, column: error}, to: {row: SGD / SGD, column: error}}
    each_of: [SGD / SGD]
    more_than: 0
"""


def written(tmp_path: Path, text: str) -> Experiment:
    path = tmp_path / "report" / "table9.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    [experiment] = load("report/table9", root=tmp_path)
    return experiment


@pytest.mark.parametrize("name", ids())
def test_every_shipped_experiment_resolves(name: str):
    [experiment] = load(name)
    cells = list(experiment.cells())
    if experiment.lists:
        assert (cells, experiment.runs()) == ([], [])
        return
    assert {run.seed for run in experiment.runs()} == set(experiment.seeds)
    assert 0 < len(experiment.runs([7])) <= len(cells)
    assert experiment.cell(cells[-1].row, cells[-1].column) == cells[-1]


@pytest.mark.parametrize(
    ("name", "alphas", "epochs", "bold"),
    [
        ("clipping/table1", 13, 30, ["50", "75", "100", "1000"]),
        ("clipping/table2", 10, 5, ["10⁻³", "5 * 10⁻³", "10⁻²", "5 * 10⁻²"]),
        ("clipping/table3", 11, 30, ["1", "2.5", "5", "7.5", "50", "100"]),
        ("clipping/table4", 12, 5, ["2.5 * 10⁻²", "5 * 10⁻²", "10⁻¹"]),
        ("clipping/table5", 10, 5, ["10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³"]),
    ],
)
def test_clipping_tables_are_the_reports(name: str, alphas: int, epochs: int, bold: list[str]):
    [experiment] = load(name)
    [table] = experiment.tables
    runs = experiment.runs()
    assert len(table.rows) == alphas
    assert len(runs) == 3 * (2 * alphas + 1)
    assert {run.epochs for run in runs} == {epochs}
    assert {run.clip for run in runs} == {(), (False,), (True,)}
    # The rows printed bold, copied from the report, are those where its numbers differ by a point or more.
    assert experiment.bold is not None
    ours = [row.label for row in table.rows if experiment.bold.holds(row.report[0] - row.report[1])]
    assert ours == bold == list(experiment.claims[0].checks[0].rows)


@pytest.mark.parametrize("table", range(1, 6))
def test_the_error_rises_from_the_value_on_that_the_reports_own_table_has(table: int):
    """The sentence names none: clipping is negligible up to it, and all errors after it are higher."""
    [experiment] = load(f"clipping/table{table}")
    [rows] = [sub.rows for sub in experiment.tables]
    claims = {claim.says.split(",")[0]: claim.checks[0] for claim in experiment.claims if claim.checks}
    last = claims["For relatively low learning rates"].rows[-1]
    rises = next(check for says, check in claims.items() if says.startswith("Our investigations"))
    alpha, error = next((row.settings["alpha"], row.report[0]) for row in rows if row.label == last)
    larger = [row for row in rows if row.settings["alpha"] > alpha]
    assert rises.effect.subtrahend.row == last
    assert {*rises.rows} == {row.label for row in larger}
    assert all(rises.bound.holds(row.report[0] - error) for row in larger)


def test_the_four_clipping_tables_are_288_runs():
    runs = {run.id for experiment in load("clipping/table[1-4]") for run in experiment.runs()}
    assert len(runs) == 288


@pytest.mark.parametrize("name", ids())
def test_the_reports_own_numbers_satisfy_its_claims(name: str):
    [experiment] = load(name)
    for claim in (claim for claim in experiment.claims if claim.checks):
        held = [effect.holds for effect in printed(claim, experiment)]
        spared = claim.all_but if len(held) > claim.all_but else 0
        assert (held.count(False) <= spared) is not claim.contradicted, (claim.says, held)


def test_every_sentence_that_can_be_tested_has_a_point_of_its_own_report():
    """A point is said of one report, and of one sentence in each of its tables."""
    of_report: dict[str, set[str]] = {}
    for name in ids():
        [experiment] = load(name)
        points = [claim.point for claim in experiment.claims if claim.counts and claim.testable]
        if name.split("/")[0] != STUDY:
            assert all(points), name
            assert len({*points}) == len(points), name
            of_report.setdefault(name.split("/")[0], set()).update(points)
        assert not any(claim.point for claim in experiment.claims if not (claim.counts and claim.testable))
    assert len(of_report) == 5
    assert sum(map(len, of_report.values())) == len(set().union(*of_report.values()))


@pytest.mark.parametrize("name", ids())
def test_labels_are_the_alphas_as_printed(name: str):
    signs = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    [experiment] = load(name)
    for table in experiment.tables:
        for row in table.rows:
            if experiment.corner == "α":
                factor, _, power = row.label.rpartition("10⁻") if "10⁻" in row.label else (row.label, "", "")
                value = float(factor.strip(" *") or 1) * 10.0 ** -float(power.translate(signs) or 0)
                assert value == pytest.approx(row.settings["alpha"])


def test_load_takes_globs_in_natural_order(tmp_path: Path):
    (tmp_path / "clipping").mkdir()
    for name in ("table10", "table2"):
        shutil.copy(experiments_dir() / "clipping/table2.yaml", tmp_path / "clipping" / f"{name}.yaml")
    assert [e.id for e in load("clipping/*", root=tmp_path)] == ["clipping/table2", "clipping/table10"]
    assert [e.id for e in load(root=tmp_path)] == ["clipping/table2", "clipping/table10"]
    assert [e.id for e in load("*10", "clipping/*2", root=tmp_path)] == [
        "clipping/table2",
        "clipping/table10",
    ]


def test_an_unknown_experiment_is_refused_with_the_nearest():
    with pytest.raises(ExperimentError, match=r"clipping/tabel2.*clipping/table2"):
        load("clipping/tabel2")


def test_seeds_and_overrides(tmp_path: Path):
    experiment = written(tmp_path, SMALL)
    assert len(experiment.runs()) == 3 * 5
    assert [run.seed for run in experiment.runs(2)] == [0] * 5 + [1] * 5
    assert {run.seed for run in experiment.runs([4, 9])} == {4, 9}
    assert {run.epochs for run in experiment.runs(epochs=7)} == {7}
    assert {run.batch_size for run in experiment.runs(overrides={"batch_size": 32})} == {32}


def test_an_override_of_the_stack_keeps_each_cells_height(tmp_path: Path):
    stacks = [run.stack for run in written(tmp_path, SMALL).runs([0], overrides={"stack": "rmsprop/adam"})]
    assert stacks == [("rmsprop",)] + [("rmsprop", "adam")] * 4


def test_what_the_grid_varies_cannot_be_overridden(tmp_path: Path):
    with pytest.raises(ExperimentError, match=r"clip=True.*varies clip"):
        written(tmp_path, SMALL).runs(overrides={"clip": True})


@pytest.mark.parametrize("seeds", [0, -1, [], [1, 1], [-1]])
def test_bad_seeds_are_refused(tmp_path: Path, seeds: int | list[int]):
    with pytest.raises(ExperimentError, match="seeds="):
        written(tmp_path, SMALL).runs(seeds)


@pytest.mark.parametrize("seeds", ["-3", "[0, 0]"])
def test_bad_seeds_of_a_file_are_refused_as_they_are_written(tmp_path: Path, seeds: str):
    said = f"seeds={seeds.replace(' ', '')}: a count from 1, or different"
    with pytest.raises(ExperimentError, match=re.escape(said)):
        written(tmp_path, f"{SMALL}\nseeds: {seeds}\n")


def test_rows_of_stacks_and_columns_of_two_numbers(tmp_path: Path):
    experiment = written(tmp_path, STACKS)
    assert len(list(experiment.cells())) == 6
    assert len(experiment.runs([0])) == 3  # time and error are of the same run
    assert [cell.metric for cell in experiment.cells()][:2] == ["seconds", "test_error"]
    assert experiment.cell("Adam^α / SGD", "error").run(0).tune == ("alpha",)
    assert experiment.claims[0].checks[0].effect.subtrahend.row == "SGD / SGD"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("corner: α", "cornre: α", "cornre.*did you mean corner"),
        ("corner: α", "needs: tpu", "needs=tpu"),
        ("label: without, ", "lable: without, ", "lable.*label"),
        ("alpha: 0.1}", "alhpa: 0.1}", "alhpa.*alpha"),
        ("alpha: 0.1}", "alpha: -0.1}", "alpha=-0.1"),
        ("settings: {stack: adam/sgd}", "settings: {stack: adm/sgd}", "adm"),
        ("report: [6, 4]", "report: [6]", "'0.1' has 1 number"),
        ("report: [6, 4]", "report: [6, many]", "report='many'"),
        ('label: "0.1"', "label: 0.1", "label=0.1: text"),
        ('label: "10⁻²"', 'label: "0.1"', "two rows are labelled '0.1'"),
        ('each_of: ["0.1"]', 'each_of: ["0.2"]', "no row '0.2'"),
        ('each_of: ["0.1"]', "each_of: []", "each_of.*empty"),
        ('each_of: ["0.1"]', "each_of: [Adam alone]", "row 'Adam alone' has no column 'clip'"),
        ('each_of: ["0.1"], ', "", "as one of each_of, any_of and mean_of"),
        (", at_least: 1}\n", ", at_least: 1, all_but: 1}\n", "all_but=1: .* 1 rows; fewer may fail"),
        ('each_of: ["0.1"]', 'all_but: 1, any_of: ["0.1"]', "has any_of, which requires one row only"),
        ('each_of: ["0.1"]', 'checks: [{any_of: ["0.1"]}]', "any_of, which only a claim without checks"),
        (", at_least: 1}\n", "}\n", "needs one bound"),
        (", at_least: 1}\n", ", at_least: 1, within: 1}\n", "needs one bound.*found 2"),
        (", at_least: 1}\n", ", at_least: a lot}\n", "at_least='a lot'"),
        ("from: no clip", "from: noclip", "no column 'noclip'"),
        ("metric: test_error", "metric: test_eror", "test_eror.*test_error"),
        ("runs_per_number: 3", "runs_per_number: 0", "runs_per_number=0"),
        ("title: Two stacks", "", "no title"),
        ("title: Two stacks", "titel: Two stacks", "no title; is titel meant to be title"),
        ("title: Two stacks", "title: [", "cannot be read as YAML"),
        ("title: Two stacks", "title: a\ntitle: b", "cannot be read as YAML.*title"),
    ],
)
def test_a_bad_file_is_refused_by_name(tmp_path: Path, old: str, new: str, message: str):
    assert SMALL.count(old) >= 1
    with pytest.raises(ExperimentError, match=rf"(?s)table9\.yaml.*{message}"):
        written(tmp_path, SMALL.replace(old, new, 1))


def test_the_error_of_an_experiment_is_one_of_config():
    assert issubclass(ExperimentError, ConfigError)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("lists: report/table9", "lists: report/table8", "table8"),
        ("label: SGD / SGD", "label: SGD / SDG", "report/table9 has no row 'SGD / SDG'"),
    ],
)
def test_a_list_of_what_is_not_there_is_refused(tmp_path: Path, old: str, new: str, message: str):
    written(tmp_path, STACKS)
    listing = """
title: Alphas
source: A report
lists: report/table9
tables: [{heading: (a), rows: [{label: SGD / SGD, printed: "0.01 / 0.01"}]}]
"""
    (tmp_path / "report/table10.yaml").write_text(listing)
    [experiment] = load("report/table10", root=tmp_path)
    assert experiment.lists == load("report/table9", root=tmp_path)[0]
    (tmp_path / "report/table10.yaml").write_text(listing.replace(old, new))
    with pytest.raises(ExperimentError, match=message):
        load("report/table10", root=tmp_path)


def test_files_are_read_as_omegaconf_reads_them(tmp_path: Path) -> None:
    for path in [*experiments_dir().rglob("*.yaml")]:
        assert read_yaml(path) == OmegaConf.to_container(OmegaConf.load(path))
    path = tmp_path / "x.yaml"
    path.write_text("a: [1e-3, 1E5, -1.5e3, .5, 1., 12, 0x10, true, yes, null, ~, 2026-01-02, 1e, .inf, 1_0]")
    assert repr(read_yaml(path)) == repr(OmegaConf.to_container(OmegaConf.load(path)))
    path.write_text("a: 1\nb: {c: 2, c: 3}")
    with pytest.raises(YAMLError, match="c is given twice"):
        read_yaml(path)
    path.write_text("? [a]\n: 1")
    with pytest.raises(YAMLError, match="unhashable"):
        read_yaml(path)
