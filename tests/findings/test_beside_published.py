"""Runs made here beside the published runs of the same settings and seed."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from fake_records import ERRORS, SMALL, records

from hyperopt.experiments import read
from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.beside_published import beside_published, equal
from hyperopt.pages import beside_published as page

SEEDS = (0, 1, 2)


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    path = tmp_path / "table9.yaml"
    path.write_text(SMALL)
    return read(path, "report/table9")


def test_without_a_run_in_both_there_is_nothing_to_compare(experiment: Experiment) -> None:
    here = records(experiment, ERRORS)
    assert beside_published(experiment, here, {}, SEEDS) is None
    assert beside_published(experiment, {}, here, SEEDS) is None


def test_equal_runs_are_counted_and_nothing_is_explained(experiment: Experiment) -> None:
    here = records(experiment, ERRORS)
    both = beside_published(experiment, here, dict(list(here.items())[:7]), SEEDS)
    assert (both.runs, both.equal, both.different) == (7, 7, ())
    text = page.section(both)
    assert "7 runs also published: 7 equal in every bit, 0 not." in text
    assert page.WHY not in text


def test_what_differs_is_told_by_how_much_and_why(experiment: Experiment) -> None:
    there = records(experiment, ERRORS)
    here = records(experiment, {**ERRORS, ("0.1", "clip"): [4.0, 5.25, 26.0]})
    here = {id_: replace(record, made={**record.made, "torch": "2.15.0"}) for id_, record in here.items()}
    both = beside_published(experiment, here, there, SEEDS)
    assert (both.runs, both.equal) == (15, 13)
    assert [(each.seed, each.value, each.published) for each in both.different] == [
        (2, 26.0, 6.0),
        (1, 5.25, 5.0),
    ]
    text = page.section(both)
    assert "| 0.1   | clip     |      2 | 26.000 |       6.000 |       20.000 |" in text
    assert "| torch     | 2.15.0 | 2.14.1      |" in text
    assert page.WHY in text


def test_records_are_equal_bit_by_bit_and_not_a_number_equals_itself(experiment: Experiment) -> None:
    record = next(iter(records(experiment, ERRORS).values()))
    lost = replace(record, metrics={"test_error": [math.nan, 90.2]})
    assert equal(lost, replace(lost, seconds=9.0, made={}))
    assert not equal(record, lost)
    assert not equal(record, replace(record, metrics={"test_error": [80.0]}))
    learned = replace(record, hyperparameters={"0.alpha": [0.1]})
    assert not equal(learned, replace(record, hyperparameters={"0.alpha": [0.2]}))
    assert equal(learned, replace(record, hyperparameters={"0.alpha": [0.1], "0.weight_decay": [0.0]}))
    assert not equal(record, replace(record, final={"train_loss_full": math.nextafter(0.5, 1)}))
