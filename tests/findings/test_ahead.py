"""What deciding a sentence would cost: of the runs behind it alone, at the pace of those that are there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_records import ERRORS, SMALL, records

from hyperopt.experiments import read
from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.view import View, views_of
from hyperopt.pages import claims
from hyperopt.records import Record

NOISE = np.random.default_rng(0).normal(size=(3, 10)).round(3).tolist()
AT_ITS_BOUND = {("0.1", "no clip"): [5.0 + e for e in NOISE[0]], ("0.1", "clip"): [4.0 + e for e in NOISE[1]]}


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    path = tmp_path / "table9.yaml"
    path.write_text(SMALL.replace('each_of: ["0.1", "10"]', 'each_of: ["0.1"]') + "looks: [3, 10]\n")
    return read(path, "report/table9")


def viewed(experiment: Experiment, errors: dict, seeds: int) -> View:
    found: dict[str, Record] = records(experiment, errors)
    slow = {id_: replace(record, seconds=60.0) for id_, record in found.items()}
    return views_of(experiment, slow, seeds, by_looks=True)[-1]


def test_the_next_look_is_priced_sentence_by_sentence(experiment: Experiment) -> None:
    errors = ERRORS | {cell: numbers[:3] for cell, numbers in AT_ITS_BOUND.items()}
    view = viewed(experiment, errors, 3)
    first, second = view.ahead[0], view.ahead[1]
    assert (first.seeds, first.declared, first.runs, first.seconds) == (10, True, 14, 14 * 60.0)
    assert (second.runs, second.seconds) == (28, 28 * 60.0), "it is about both rows"
    assert 0 <= first.chance.decided <= 1
    assert view.ahead.keys() == {0, 1}, "what cannot be told awaits nothing"
    page = "\n".join(map(str, claims.section(view)))
    assert "With 10 (14 more runs, 14 min) its verdict would be: " in page


def test_runs_of_further_seeds_that_are_finished_are_told(experiment: Experiment) -> None:
    """Another page has trained seeds 3 to 6 of one cell of the first sentence's two."""
    errors = ERRORS | {cell: numbers[:3] for cell, numbers in AT_ITS_BOUND.items()}
    errors["0.1", "clip"] = AT_ITS_BOUND["0.1", "clip"][:7]
    view = viewed(experiment, errors, 3)
    assert (view.ahead[0].runs, view.ahead[0].finished) == (10, 4)
    page = "\n".join(map(str, claims.section(view)))
    assert "With 10 (10 more runs, 10 min; 4 are finished and count once the rest is) " in page


def test_where_looks_are_done_a_further_one_is_priced(experiment: Experiment) -> None:
    ten = {cell: [*map(float, range(10))] for cell in ERRORS} | AT_ITS_BOUND
    ahead = viewed(experiment, ten, 10).ahead[0]
    assert (ahead.seeds, ahead.declared, ahead.runs) == (30, False, 40)


def test_before_the_first_look_nothing_is_priced(experiment: Experiment) -> None:
    assert viewed(experiment, {cell: errors[:2] for cell, errors in ERRORS.items()}, 3).ahead == {}
