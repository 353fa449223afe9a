"""Standings of methods from losses whose means are known by hand, and seeds that are drawn anew."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from hyperopt.findings.methods import Method, Workload
from hyperopt.findings.standings import BAND, DRAWS, compared, measures, standing, standings

RATES = (0.01, 0.1, 1.0)


def method(label: str, *by_seed: Sequence[float], default: int = 1) -> Method:
    means = tuple(map(float, np.mean(by_seed, 0)))
    return Method(label, "", means, default, tuple((x,) for x in means), by_seed=tuple(map(tuple, by_seed)))


def workload(*methods: Method, name: str = "a", missing: tuple[str, ...] = ()) -> Workload:
    made, seeds = {m.label: m for m in methods}, tuple(range(len(methods[0].by_seed)))
    return Workload(f"which_stack/{name}", name, RATES, made, missing, 9, 9, seeds)


ADAMW = method("AdamW", [3.0, 1.0, 2.0])
FREE = method("Free", [1.3, 1.1, 8.0], default=0)


def test_a_standing_is_read_off_the_curve_over_rates() -> None:
    found = standing(FREE, workload(ADAMW, FREE), band=0.1)
    assert found.best == pytest.approx(1.1)
    assert found.default == pytest.approx(1.3)
    assert found.blind == pytest.approx((1.3 + 1.1 + 8) / 3)
    assert found.near == pytest.approx((1.3 + 1.1 + 8) / 3)
    assert found.at_baselines == pytest.approx(1.1)
    assert found.decades == 1
    assert standing(FREE, workload(ADAMW, FREE), band=0.31).decades == 2


def test_the_baselines_rate_is_not_the_methods_own() -> None:
    elsewhere = method("Elsewhere", [0.5, 4.0, 9.0])
    found = standing(elsewhere, workload(ADAMW, elsewhere))
    assert (found.best, found.at_baselines) == (0.5, 4.0)


def test_at_an_end_of_the_rates_there_is_one_neighbour() -> None:
    for losses, near in (([1.0, 2.0, 9.0], 1.5), ([9.0, 3.0, 1.0], 2.0)):
        ends = method("Ends", losses)
        assert standing(ends, workload(ADAMW, ends)).near == pytest.approx(near)


def test_means_are_geometric_and_of_methods_that_all_workloads_have() -> None:
    flat = [method("adam/sgd", [loss] * 3) for loss in (1.05, 4.2)]
    one, other = workload(ADAMW, flat[0]), workload(ADAMW, flat[1], FREE)
    found = standings([one, other])
    assert set(found) == {"AdamW", "adam/sgd"}
    assert found["adam/sgd"].best == pytest.approx(math.sqrt(1.05 * 4.2))
    assert found["adam/sgd"].decades == 1.5
    assert found["AdamW"].best == 1


def test_workloads_that_are_begun_count_only_where_none_is_whole() -> None:
    whole, begun = workload(ADAMW, FREE), workload(ADAMW, missing=("Free",), name="begun")
    assert compared([whole, begun]) == [whole]
    assert compared([begun, workload(FREE)]) == [begun]


def test_a_draw_of_seeds_is_the_mean_over_those_drawn() -> None:
    """With two seeds a draw is one of them twice, or both: three values, in the shares of a fair coin."""
    seeds = method("AdamW", [1.0, 4.0, 4.0], [2.0, 4.0, 4.0])
    other = method("Other", [1.0, 8.0, 8.0], [4.0, 8.0, 8.0])
    drawn = measures([workload(seeds, other)], BAND, drawn=True)["Other"]["best"]
    values, counts = np.unique(drawn.round(9), return_counts=True)
    assert values == pytest.approx([1.0, 2.5 / 1.5, 2.0])
    assert counts / DRAWS == pytest.approx([0.25, 0.5, 0.25], abs=0.05)


def test_seeds_that_are_alike_give_what_the_means_are() -> None:
    """So it is with one seed, whatever the methods."""
    there = [workload(ADAMW, FREE), workload(*(method(m.label, *[m.losses] * 3) for m in (ADAMW, FREE)))]
    plain, drawn = standings(there), measures(there, BAND, drawn=True)
    for label, of in plain.items():
        for name, value in vars(of).items():
            assert drawn[label][name].shape == (DRAWS,)
            assert drawn[label][name] == pytest.approx(value)


def test_the_best_rate_is_that_of_each_draw() -> None:
    """Two seeds whose best rates differ: where one is drawn twice, its own best rate counts."""
    turns = method("Turns", [1.0, 3.0, 9.0], [3.0, 1.0, 9.0])
    flat = method("AdamW", [1.0] * 3, [1.0] * 3)
    drawn = measures([workload(flat, turns)], BAND, drawn=True)["Turns"]["near"]
    assert sorted(set(drawn.round(9))) == pytest.approx([2.0, (3 + 1 + 9) / 3])
