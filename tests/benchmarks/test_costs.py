"""The page of what hypergradient descent costs: its arithmetic; no time is asserted."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from markdown_cells import cells
from small_runs import fake_record

from benchmarks import costs as page
from benchmarks.costs import BASE, METHODS, MODELS, QUICK, SEARCH, costs, run_of, search
from benchmarks.rounds import Timed
from benchmarks.workers import Sample
from hyperopt.experiments import load
from hyperopt.records import Record


def timed(*samples: Sample) -> Timed:
    return Timed(samples[0], samples)


def test_a_method_is_compared_with_its_base_round_by_round() -> None:
    assert set(BASE) | set(BASE.values()) == set(METHODS)
    runs = {name: run_of(METHODS[name], MODELS["logistic regression"], QUICK) for name in ("SGD", "SGD-HD")}
    mib = 2**20
    found = {
        "SGD": timed(Sample(10, 0.01, 0.01, 300 * mib), Sample(10, 0.02, 0.02, 302 * mib)),
        "SGD-HD": timed(Sample(10, 0.02, 0.02, 310 * mib), Sample(10, 0.02, 0.02, 310 * mib)),
    }
    text = costs(runs, found)
    assert cells(text, "SGD") == ["SGD", "1.500", "", "", "301", "0.03", ""]
    # 2/1 and 2/2; weights of 7,850 numbers, and the gradient before.
    assert cells(text, "SGD-HD") == ["SGD-HD", "2.000", "1.50", "1.00 to 2.00", "310", "0.06", "2.00"]


def test_the_search_is_its_runs_steps_times_the_time_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    [experiment] = load(SEARCH)
    plain, tuned = (
        experiment.cell(*at).run(1) for at in (("SGD, α 0.1", "any β"), ("SGD-HD, α 0.1", "β 0.1"))
    )
    other = experiment.cell("SGDN, α 0.1", "any β").run(2)
    records = {
        run.id: fake_record(run, steps=steps, seconds=2.0)
        for run, steps in ((plain, 1000), (tuned, 3000), (other, 500))
    }

    class Here:
        def load(self, ids: Mapping[str, object]) -> dict[str, Record]:
            return {id_: record for id_, record in records.items() if id_ in ids}

    monkeypatch.setattr(page, "working", Here)
    monkeypatch.setattr(page, "published", Here)
    monkeypatch.setattr(
        page,
        "timed",
        lambda what, subjects, effort, say: {s.name: timed(Sample(10, 0.1, 0.1, 0)) for s in subjects},
    )
    text = search(QUICK, print)
    assert "3 of its 396 runs are available" in text
    assert "took 6 s on one core" in text
    assert "they would take 45 s" in text
    assert cells(text, "sgd") == ["sgd", "1", "1000", "10.000", "10", "10.000", "10"]
    assert cells(text, "sgd/sgd") == ["sgd/sgd", "1", "3000", "10.000", "30", "10.000", "30"]
    assert cells(text, "sgd nesterov")[1:3] == ["1", "500"]
    records.clear()
    assert "None of its runs is available" in search(QUICK, print)
