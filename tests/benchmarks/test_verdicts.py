"""Verdicts are wrong in one of twenty at most: what docs/statistics.md tabulates, with fewer pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.verdicts import HALF_SD, NORMAL, REPEATS, SHAPES, SHARES, Shape, wrong, wrong_on_a_page
from hyperopt.findings.judging import Outcome
from hyperopt.statistics import shares

PAGES = 300
HELD = [SHAPES[0], SHAPES[1], SHAPES[3], SHAPES[4]]
"""All but effects that are skewed on one side alone, and means over runs that are lost."""


@pytest.mark.parametrize("shape", HELD, ids=lambda shape: shape.name)
@pytest.mark.parametrize(
    ("away", "said"), [(-HALF_SD, "holds"), (0.0, "does not hold"), (HALF_SD, "does not hold")]
)
def test_a_verdict(shape: Shape, away: float, said: Outcome) -> None:
    assert wrong(shape, away, (said,), PAGES) <= 0.05


@pytest.fixture
def fewer_shares_tried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every fifth of the shares at which the exact test looks for the worst, as it takes most of the time."""
    monkeypatch.setattr(shares, "NUISANCE", 101)
    for function in (shares.difference_p, shares.difference_interval):
        function.cache_clear()
    yield
    for function in (shares.difference_p, shares.difference_interval):
        function.cache_clear()


@pytest.mark.usefixtures("fewer_shares_tried")
@pytest.mark.parametrize("shape", [SHARES, REPEATS], ids=lambda shape: shape.name)
def test_a_verdict_on_shares_and_on_what_is_printed(shape: Shape) -> None:
    assert wrong(shape, 0.0, ("does not hold",), PAGES) <= 0.05


def test_verdicts_on_a_page_of_which_a_look_cannot_tell_one_sentence() -> None:
    assert wrong_on_a_page(PAGES) <= 0.05


@pytest.mark.parametrize("shape", HELD, ids=lambda shape: shape.name)
@pytest.mark.parametrize(("away", "said"), [(-HALF_SD, "holds"), (HALF_SD, "does not hold")])
def test_what_is_at_the_bound(shape: Shape, away: float, said: Outcome) -> None:
    assert wrong(shape, away, (said, "at the bound"), PAGES, HALF_SD) <= 0.05


def test_what_is_at_its_bound_is_found_to_be() -> None:
    assert wrong(NORMAL, 0.0, ("at the bound",), PAGES, HALF_SD) > 0.15
    assert wrong(NORMAL, 0.0, ("at the bound",), PAGES) == 0
