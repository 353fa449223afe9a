from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperopt.figures.labels import spread

PLACES = st.lists(st.floats(-0.5, 1.5), min_size=1, max_size=12)


def test_labels_that_fit_stay():
    assert spread([0.2, 0.9, 0.5], 0.1, 0, 1) == pytest.approx([0.2, 0.9, 0.5])


def test_two_labels_at_one_place_part_evenly():
    assert spread([0.5, 0.5], 0.2, 0, 1) == pytest.approx([0.4, 0.6])


def test_a_group_is_moved_as_little_as_can_be():
    # Wanted .50 .52 .54, gap .1: the middle stays, the others make room; .9 is out of reach.
    assert spread([0.54, 0.9, 0.50, 0.52], 0.1, 0, 1) == pytest.approx([0.62, 0.9, 0.42, 0.52])


def test_labels_stay_inside():
    assert spread([1.0, 1.0, 0.0], 0.1, 0, 1) == pytest.approx([0.9, 1.0, 0.0])
    assert spread([-3.0, 2.0], 0.1, 0, 1) == pytest.approx([0, 1])


def test_too_many_labels_are_spread_evenly():
    assert spread([0.5] * 5, 0.5, 0, 1) == pytest.approx([0, 0.25, 0.5, 0.75, 1])


@given(wanted=PLACES)
def test_never_overlapping_in_order_and_inside(wanted: list[float]):
    gap = 0.08
    places = spread(wanted, gap, 0, 1)
    ordered = sorted(places)
    assert all(b - a > gap - 1e-9 for a, b in pairwise(ordered))
    assert -1e-9 < ordered[0] <= ordered[-1] < 1 + 1e-9
    assert all(places[i] <= places[j] for i, a in enumerate(wanted) for j, b in enumerate(wanted) if a < b)
