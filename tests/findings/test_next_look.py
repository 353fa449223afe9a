"""What is trained next: the runs behind undecided sentences alone, wherever training stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_records import MADE, SMALL

from hyperopt.config import Run
from hyperopt.experiments import read
from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.next_look import next_look, shown_seeds
from hyperopt.findings.view import views_of
from hyperopt.records import Record

ERRORS = {(0.1, False): 20.0, (0.1, True): 5.0, (10.0, False): 50.0, (10.0, True): 47.0}
"""By alpha and clip: of the rows the first is decided at once, the second takes more seeds."""


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    path = tmp_path / "table9.yaml"
    path.write_text(
        SMALL.replace('each_of: ["0.1", "10"]', 'each_of: ["0.1"]').replace(
            'mean_of: ["0.1", "10"]', 'each_of: ["10"]'
        )
    )
    return read(path, "report/table9")


def trained(run: Run) -> Record:
    """A record whose error depends on the run alone."""
    spread = 4.0 if run.alpha[-1] == 10 else 0.1
    noise = np.random.default_rng(int(run.id, 16)).normal() * spread
    error = ERRORS.get((run.alpha[-1], any(run.clip)), 5.0) + noise
    return Record(
        id=run.id,
        config=run.canonical(),
        metrics={"test_error": [error]},
        hyperparameters={},
        final={},
        diverged=False,
        seconds=1.0,
        steps=1,
        made=MADE,
    )


def to_the_end(experiment: Experiment, at_once: int | None) -> dict[str, Record]:
    """Train so many runs at once until nothing is next."""
    records: dict[str, Record] = {}
    while look := next_look(experiment, records):
        records |= {run.id: trained(run) for run in look.runs[:at_once]}
    return records


def test_the_first_look_is_of_every_run(experiment: Experiment) -> None:
    look = next_look(experiment, {})
    assert look is not None
    assert (look.seeds, len(look.runs), look.sentences) == ((0, 1, 2), 15, [])


def test_then_only_what_is_undecided_is_trained(experiment: Experiment) -> None:
    records = {run.id: trained(run) for run in experiment.runs()}
    look = next_look(experiment, records)
    assert look is not None
    assert look.seeds == tuple(range(10))
    assert {run.alpha[-1] for run in look.runs} == {10.0}, "the row at 0.1 is decided"
    assert len(look.runs) == 2 * 7
    [sought] = look.sentences
    assert (sought.verdict.claim.says, sought.runs) == ("It does no harm.", look.runs)
    assert 0 <= sought.chance.at_the_bound <= sought.chance.decided <= 1


def test_no_run_is_for_a_sentence_that_the_look_cannot_decide(tmp_path: Path, experiment: Experiment) -> None:
    """Ten seeds are three repeats, which decide nothing: the sentence awaits the look at thirty."""
    path = tmp_path / "table9.yaml"
    text = path.read_text()
    path.write_text(text.replace('each_of: ["10"]', 'each_of: ["10"], judged_by: repeats'))
    printed = read(path, "report/table9")
    look = next_look(printed, {run.id: trained(run) for run in printed.runs()})
    assert look is not None
    assert (look.seeds, len(look.runs)) == (tuple(range(30)), 2 * 27)


@pytest.mark.parametrize("at_once", [1, 5])
def test_interrupted_training_ends_where_uninterrupted_training_does(
    experiment: Experiment, at_once: int
) -> None:
    whole = to_the_end(experiment, None)
    assert to_the_end(experiment, at_once).keys() == whole.keys()
    assert 15 < len(whole) < 5 * 30
    assert shown_seeds(experiment, whole)[:3] == (0, 1, 2)
    assert len(shown_seeds(experiment, whole)) in (10, 30)


def test_nothing_is_next_once_all_is_decided(experiment: Experiment) -> None:
    assert next_look(experiment, to_the_end(experiment, None)) is None


def test_a_look_judges_the_rows_whose_runs_are_finished(experiment: Experiment) -> None:
    """Cells that lack some stay at three seeds: those finished first may be those that diverged."""
    records = {run.id: noisy(run) for run in experiment.runs()}
    look = next_look(experiment, records)
    assert look is not None
    assert look.seeds == tuple(range(10))
    first, second = look.sentences
    assert {run.alpha[-1] for run in first.runs} == {0.1}
    assert {run.alpha[-1] for run in second.runs} == {10.0}
    assert len(first.runs) == len(second.runs) == 14

    records |= {run.id: noisy(run) for run in (*first.runs, *second.runs[:-1])}
    seeds = shown_seeds(experiment, records)
    assert seeds == tuple(range(10))
    view = views_of(experiment, records, seeds, by_looks=True)[-1]
    assert [len(view.measurements[row, "clip"].by_seed) for row in ("0.1", "10")] == [10, 3]
    assert [(verdict.outcome, verdict.seeds) for verdict in view.verdicts[:2]] == [
        ("holds", 10),
        ("undecided", None),
    ]
    assert view.complete, "no look so far needs other runs"
    assert view.ahead[1].runs == 1

    last = next_look(experiment, records)
    assert last is not None
    assert [sought.runs for sought in last.sentences] == [second.runs[-1:]]
    assert shown_seeds(experiment, {run.id: noisy(run) for run in experiment.runs()}) == (0, 1, 2)


def test_no_cell_shows_a_part_of_a_look_once_all_is_decided(tmp_path: Path) -> None:
    """One row refutes the sentence; of the other the runs that diverged are finished first."""
    path = tmp_path / "table9.yaml"
    path.write_text(
        SMALL.replace("at_least: 1}\n  - {says: It does", "at_least: 5}\n  - {says: It does").replace(
            'mean_of: ["0.1", "10"], more_than: 0, why: Harm is below 0.',
            "not_testable: It allows every outcome.",
        )
    )
    experiment = read(path, "report/table9")
    records = {run.id: noisy(run) for run in experiment.runs()}
    look = next_look(experiment, records)
    assert look is not None
    decisive = {run.id: noisy(run) for run in look.runs if run.alpha[-1] == 0.1}
    others = [run for run in look.runs if run.alpha[-1] == 10]
    lost = {
        run.id: replace(trained(run), metrics={"test_error": [90.2]}, diverged=True) for run in others[:5]
    }

    records |= decisive | lost
    assert next_look(experiment, records) is None
    view = views_of(experiment, records, shown_seeds(experiment, records), by_looks=True)[-1]
    assert (view.verdicts[0].outcome, view.verdicts[0].seeds) == ("does not hold", 10)
    assert [len(view.measurements[row, "clip"].by_seed) for row in ("0.1", "10")] == [10, 3]
    assert view.complete


def test_seeds_are_shown_in_the_order_of_looks(experiment: Experiment) -> None:
    """Of seeds without the ones before, all runs may be finished because they diverged."""
    records = {run.id: trained(run) for run in experiment.runs([0, 1, 2, 3, 5, 6])}
    assert shown_seeds(experiment, records) == (0, 1, 2, 3)


def noisy(run: Run) -> Record:
    """A record that needs ten seeds to show that clipping helps at 0.1."""
    record = trained(run)
    if run.alpha[-1] != 0.1:
        return record
    noise = np.random.default_rng(int(run.id, 16)).normal()
    return replace(record, metrics={"test_error": [(18.0 if any(run.clip) else 21.0) + noise]})
