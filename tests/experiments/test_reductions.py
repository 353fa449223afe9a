import pytest

from hyperopt.experiments.reductions import REDUCTIONS, roughness, settling


@pytest.mark.parametrize(
    ("curve", "epoch"),
    [([2.0, 1.2, 1.04, 1.0], 3), ([1.0, 1.0, 1.0], 1), ([1.0, 3.0, 1.0], 3), ([1.0], 1), ([1.04, 1.0], 1)],
)
def test_settling_is_the_epoch_from_which_it_stays_near_its_end(curve: list[float], epoch: int):
    assert settling(curve) == epoch


def test_settling_on_the_reports_three_level_stack():
    # docs/reports/steroids.md, "MNIST": 1.05 x .9162 = .96201, first undercut by .9559 at epoch 6.
    assert settling([1.1596, 1.0550, 1.0128, 0.9879, 0.9717, 0.9559, 0.9422, 0.9318, 0.9228, 0.9162]) == 6


def test_a_curve_that_only_flattens_is_smooth():
    assert roughness([8.0, 4.0, 2.0, 1.0, 0.5]) == pytest.approx(0)
    assert roughness([3.0, 2.0, 1.0]) == 0


def test_roughness_counts_turns_beyond_the_flattening():
    # Slopes -3, 1, -2: turns |4| + |-3| = 7, of which |-2 + 3| = 1 is flattening; the whole change is 4.
    assert roughness([5.0, 2.0, 3.0, 1.0]) == pytest.approx((7 - 1) / 4)
    assert roughness([50.0, 20.0, 30.0, 10.0]) == pytest.approx((7 - 1) / 4), "the unit does not matter"


def test_curves_too_short_have_no_shape():
    assert roughness([1.0, 2.0]) is None
    assert roughness([1.0, 2.0, 1.0]) is None
    assert settling([]) is None
    assert [REDUCTIONS[name].of([]) for name in ("mean", "range")] == [None, None]
    assert REDUCTIONS["range"].of([3.0, 1.0, 2.0]) == 2
