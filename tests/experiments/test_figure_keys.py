from pathlib import Path

import pytest
from figures_fake import ALONG_ALPHA, ALONG_EPOCHS, GROUPS
from shipped import SHIPPED

from hyperopt.experiments import read
from hyperopt.experiments.experiment import Experiment, ExperimentError
from hyperopt.findings.measurements import measure


def written(tmp_path: Path, text: str) -> Experiment:
    path = tmp_path / "report/figure9.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return read(path, "report/figure9")


def test_curves_are_rows_and_points_are_columns(tmp_path: Path):
    experiment = written(tmp_path, ALONG_EPOCHS)
    assert experiment.kind == "figure"
    assert experiment.corner == "curve"
    names = [column.name for column in experiment.columns]
    assert names == ["epoch 1", "epoch 3", "settling", "test_accuracy, epoch 3"]
    [table] = experiment.tables
    # 5 % of SGD's last 2 is .1: only the last epoch is that near.
    assert {row.label: row.report for row in table.rows} == {
        "SGD": (3, 2, 3, None),
        "Adam": (None, 1, None, 96),
    }
    assert [(c.label, c.shown_as) for c in experiment.figure.curves] == [("SGD", "Adam"), ("Adam", None)]
    assert len(experiment.runs()) == 3 * 2


def test_x_stands_for_a_setting(tmp_path: Path):
    experiment = written(tmp_path, ALONG_ALPHA)
    assert [column.name for column in experiment.columns] == ["α 0.01", "α 1", "range", "mean"]
    assert [run.alpha for run in experiment.runs([0])] == [(0.01,), (1.0,), (0.01, 0.1), (1.0, 0.1)]
    assert [run.alpha for run in experiment.cell("two", "range").runs(0)] == [(0.01, 0.1), (1.0, 0.1)]
    assert experiment.tables[0].rows[0].report == (8, 12, 4, 10)


def test_runs_at_some_x_have_settings_of_their_own(tmp_path: Path):
    there = ALONG_ALPHA.replace("values: [0.01, 1]}", "values: [0.01, 1], settings: {1: {batch_size: 7}}}")
    plain = there.replace(", reductions: [range, mean]", "").partition("claims:")[0]
    experiment = written(tmp_path, plain)
    assert [(run.alpha[0], run.batch_size) for run in experiment.runs([0])] == [(0.01, 256), (1, 7)] * 2
    with pytest.raises(ExperimentError, match="reductions=range: an x with settings of its own"):
        written(tmp_path, there)
    with pytest.raises(ExperimentError, match="settings for 2, which is not one of its values"):
        written(tmp_path, plain.replace("{1: {batch", "{2: {batch"))


def test_numbers_read_off_a_picture_have_no_shape(tmp_path: Path):
    experiment = written(tmp_path, ALONG_EPOCHS + "reading_error: 0.1\n")
    assert experiment.cell("SGD", "settling").report is None
    assert experiment.cell("SGD", "epoch 3").report == 2
    assert {m.error for m in measure(experiment, {}, [0]).values()} == {0.1}


def test_seeds_can_be_a_count(tmp_path: Path):
    assert written(tmp_path, ALONG_EPOCHS + "seeds: 5\n").seeds == (0, 1, 2, 3, 4)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("metric: train_loss,", "metric: train_los,", "train_los.*train_loss"),
        ("points: [1, 3]", "points: [0]", "points=0: epochs are counted from 1"),
        ("points: [1, 3]", "points: [1, 3, 30]", "points=30: 'SGD' has 3 epochs"),
        (
            "\ncurves:",
            "\n  - {metric: 0.aplha, label: α, points: [3]}\ncurves:",
            "'0.aplha'; did you mean 0.alpha",
        ),
        ("points: [1, 3]", "point: [1, 3]", "panel has no key 'point'.*points"),
        ("reductions: [settling]", "reductions: [setling]", "setling.*settling"),
        ("label: SGD, ", "label: SGD, scale: log, ", "curve has no key 'scale'"),
        ("report: [3, 2.5, 2]", "report: [3, two, 2]", "report='two'"),
        ("{train_loss: {3: 1}, ", "{train_lss: {3: 1}, ", "train_lss.*train_loss"),
        ("label: training loss,", "label: training loss, scale: lgo,", "lgo.*log"),
        ("notes: [A note.]", "band: sd", "no band 'sd'"),
        ("notes: [A note.]", "columns: {}", "experiment has no key 'columns'"),
        ("each_of: [SGD]", "each_of: [SDG]", "SDG.*SGD"),
        (
            "column: epoch 3}, to: epoch 3}\n    each_of: [Adam]",
            "column: epoch 9}, to: epoch 3}\n    each_of: [Adam]",
            "epoch 9.*epoch",
        ),
        ("{stack: adam}", "{stack: adm}", "adm"),
    ],
)
def test_a_bad_figure_is_refused_by_name(tmp_path: Path, old: str, new: str, message: str):
    assert old in ALONG_EPOCHS
    with pytest.raises(ExperimentError, match=rf"(?s)figure9\.yaml.*{message}"):
        written(tmp_path, ALONG_EPOCHS.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("values: [0.01, 1]", "values: [1, 0.01]", "distinct values in ascending order"),
        ("report: [8, 12]", "report: [8]", "1 numbers.*x has 2"),
        ('alpha: "{x}"', 'alpha: "{y}"', "alpha="),
    ],
)
def test_a_bad_axis_is_refused(tmp_path: Path, old: str, new: str, message: str):
    with pytest.raises(ExperimentError, match=message):
        written(tmp_path, ALONG_ALPHA.replace(old, new, 1))


def test_more_curves_than_colours_are_refused(tmp_path: Path):
    curves = "\n".join(f"  - {{label: c{i}, settings: {{stack: sgd, alpha: {i}}}}}" for i in range(9))
    head = ALONG_EPOCHS.partition("curves:")[0]
    with pytest.raises(ExperimentError, match="9 curves are drawn; at most 8 are allowed"):
        written(tmp_path, f"{head}curves:\n{curves}\n")


def test_the_steroids_figures_are_all_here():
    runs = {
        name: experiment.runs([0])
        for name, experiment in SHIPPED.items()
        if name.startswith("steroids/") and experiment.figure
    }
    assert {f"steroids/fig{i}" for i in (1, 2, 3, 5, 6, 7, 8, 9, 10)} < runs.keys()
    assert {run.epochs for name in runs for run in runs[name] if "cifar" not in name} == {5, 10}
    labels = [run.label for run in runs["steroids/fig3"]]
    assert "sgd_steroids(0.01)/sgd_steroids(0.01)/sgd(0.01)" in labels
    assert {run.dataset["name"] for run in runs["steroids/fig8"]} == {"cifar100"}
    assert {(run.model["zero_bias"], run.procedure["shuffle"]) for run in runs["steroids/fig9"]} == {
        (True, True)
    }
    assert {run.procedure["shuffle"] for run in runs["steroids/fig10"] if run.alpha == (0.1,)} == {False}
    heights = {len(run.stack) for run in runs["steroids/towers"]}
    assert heights == {1, 2, 3, 4}
    assert {run.alpha[1:] for run in runs["steroids/towers"]} == {(0.01,) * k for k in range(4)}
    assert len({run.alpha[0] for run in runs["steroids/towers"]}) == 7


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("group: sgd, colour: α 0.1,", "group: sgd,", "'SGD_HD' needs a colour and a group"),
        ("group: sgd, colour: α 0.1,", "colour: α 0.1,", "'SGD_HD' needs a colour and a group"),
        ("each: [0.1, 0.001]", "each: 3", "each=3"),
        ("each: [0.1, 0.001]", "each: [1, 2, 3, 4, 5, 6, 7, 8, 9]", "11 colours; at most 8 are allowed"),
    ],
)
def test_bad_groups_are_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GROUPS
    with pytest.raises(ExperimentError, match=says):
        written(tmp_path, GROUPS.replace(old, new, 1))
