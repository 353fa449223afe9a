"""The spaces in which hyperparameters are tuned."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hyperopt.optim.rules import RULES
from hyperopt.optim.rules.rmsprop import Rmsprop
from hyperopt.optim.spaces import LINEAR, LOG, ROOT, UNIT_INTERVAL, Space

INSIDE = {
    LINEAR: st.floats(-1e6, 1e6),
    UNIT_INTERVAL: st.floats(1e-6, 1 - 1e-6),
    ROOT: st.floats(0, 1e6),
    LOG: st.floats(1e-12, 1e6),
}


@pytest.mark.parametrize("space", INSIDE, ids=lambda space: type(space).__name__)
@given(data=st.data())
def test_a_value_survives_the_round_trip(space: Space, data: st.DataObject) -> None:
    natural = torch.tensor(data.draw(INSIDE[space]), dtype=torch.float64)
    assert space.natural(space.raw(natural)).item() == pytest.approx(natural.item(), rel=1e-9, abs=1e-15)


@given(st.floats(-300, 300))
def test_wherever_gradient_steps_lead_the_value_is_allowed(raw: float) -> None:
    value = torch.tensor(raw, dtype=torch.float64)
    assert 0 <= UNIT_INTERVAL.natural(value).item() <= 1
    assert ROOT.natural(value).item() >= 0
    assert LOG.natural(value).item() > 0


def test_raw_values_are_those_of_gdtuo() -> None:
    """beta1 .9 is 1.0986, beta2 .999 3.4534, gamma .99 2.2976 (docs/reports/gdtuo.md, "Stored values")."""
    raw = UNIT_INTERVAL.raw(torch.tensor([0.9, 0.999, 0.99], dtype=torch.float64))
    assert raw.tolist() == pytest.approx([1.0986, 3.4534, 2.2976], abs=1e-4)


def test_which_hyperparameter_is_tuned_in_which_space() -> None:
    spaces = {"alpha": LINEAR, "momentum": LINEAR, "beta1": UNIT_INTERVAL, "beta2": UNIT_INTERVAL}
    for rule in ("sgd", "adam", "adagrad", "rmsprop"):
        for name in RULES[rule].hyperparameters.keys() & spaces.keys():
            assert RULES[rule]().space(name) is spaces[name]
    assert RULES["rmsprop"]().space("gamma") is UNIT_INTERVAL
    assert Rmsprop(tune_root_alpha=True).space("alpha") is ROOT
