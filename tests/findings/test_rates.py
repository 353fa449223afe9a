"""What rates the rows of an experiment run with, and a rate that means two things."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.reading import load, read
from hyperopt.findings.rates import rates_of_rows, warnings
from hyperopt.findings.view import views_of
from hyperopt.pages.page import render

GRID = """
title: Adam alone and tuned
source: A report, table 1
settings: {{dataset: mnist, model: mlp, epochs: 1{experiment}}}
columns:
  alone: {{settings: {{stack: adam}}}}
  tuned: {{settings: {{stack: adam/sgd}}}}
tables:
  - heading: Adam
    settings: {{{table}}}
    rows:
      - {{label: usual, settings: {{}}}}
      - {{label: higher, settings: {{{row}}}}}
"""


def written(folder: Path, *, experiment: str = "", table: str = "", row: str = "") -> Experiment:
    path = folder / "report" / "table1.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(GRID.format(experiment=experiment, table=table, row=row))
    return read(path, "report/table1")


def test_rows_are_told_with_every_rate_resolved(tmp_path: Path) -> None:
    assert rates_of_rows(written(tmp_path, row="alpha: 0.01")) == [
        ("usual", "alone: adam(0.001); tuned: adam(0.001)/sgd(1e-05)"),
        ("higher", "alone: adam(0.01); tuned: adam(0.001)/sgd(0.01)"),
    ]


@pytest.mark.parametrize(
    ("where", "given"),
    [
        ("row 'higher'", {"row": "alpha: 0.01"}),
        ("the settings of table 'Adam'", {"table": "alpha: 0.01"}),
        ("the experiment's settings", {"experiment": ", alpha: 0.01"}),
    ],
)
def test_a_rate_of_two_levels_is_warned_of(where: str, given: dict[str, str], tmp_path: Path) -> None:
    experiment = written(tmp_path, **given)
    [said] = warnings(experiment)
    assert said.startswith(f"{where}: alpha=0.01 means two things here, as it is the rate of the top level: ")
    assert "adam(0.01) and adam(0.001)/sgd(0.01); a stack of two levels" in said
    assert f"**{said}**" in render(views_of(experiment, {})).markdown


def test_a_rate_of_one_level_is_not_warned_of(tmp_path: Path) -> None:
    assert not warnings(written(tmp_path))
    for experiment in load():
        assert not warnings(experiment)
        assert len(rates_of_rows(experiment)) == len({cell.row for cell in experiment.cells()})


NUMBERS = """
title: Momentum
source: A report, figure 1
settings: {dataset: mnist, model: mlp, epochs: 1}
panels: [{metric: train_loss, label: training loss, points: [1]}]
curves:
  - {label: plain, settings: {stack: sgd}}
  - {label: heavy, settings: {stack: sgd/sgd, momentum: 0.9}}
  - {label: steroids, settings: {stack: sgd_steroids}}
  - {label: light, settings: {stack: sgd_steroids, momentum: 0}}
  - {label: usual, settings: {stack: adam, beta1: 0.9}}
  - {label: other, settings: {stack: adam, beta1: 0.8, eps: 1.0e-6}}
"""
CLAIM = "claims: [{says: It is so., not_testable: It always is.}]\n"


def test_rows_are_told_with_the_numbers_that_level_0_has_beside_its_rate(tmp_path: Path) -> None:
    """What a row sets, and what its rule has of momentum, decay and dampening, though no row sets it."""
    path = tmp_path / "figure1.yaml"
    path.write_text(NUMBERS + CLAIM)
    decay = "weight decay 0.0001, dampening 1e-06"
    assert dict(rates_of_rows(read(path, "report/figure1"))) == {
        "plain": "sgd(0.01)",
        "heavy": "sgd(0.01)/sgd(0.01), momentum 0.9",
        "steroids": f"sgd_steroids(0.01), momentum 0.9, {decay}",
        "light": f"sgd_steroids(0.01), momentum 0, {decay}",
        "usual": "adam(0.001)",
        "other": "adam(0.001), beta1 0.8, eps 1e-06",
    }


def test_values_of_a_number_in_other_columns_are_told(tmp_path: Path) -> None:
    path = tmp_path / "table1.yaml"
    columns = "tuned: {settings: {stack: adam/sgd, beta1: 0.8}}"
    text = GRID.format(experiment="", table="", row="").replace(
        "tuned: {settings: {stack: adam/sgd}}", columns
    )
    path.write_text(text + CLAIM)
    told = dict(rates_of_rows(read(path, "report/table1")))
    assert told["usual"] == "alone: adam(0.001); tuned: adam(0.001)/sgd(1e-05), beta1 0.8 or 0.9"
