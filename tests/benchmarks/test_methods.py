"""What methods of the study cost: each as `HyperOptimizer` trains; no time is asserted."""

from __future__ import annotations

import pytest

from benchmarks.methods import MethodStep, measure, methods
from hyperopt.findings.methods import BASELINE

METHODS = {method.label: method for method in methods()}
KEPT = {
    "SGD": 0,
    "AdamW": 2,
    "AdamW, cosine": 2,
    "Lion": 1,
    "adam/sgd": 3,
    "adam/sgd/sgd, clip": 3,
    "MetaOptimize": 3,
    "sgd/sgd, cosine of gradients": 1,
    "Schedule-free AdamW": 2,
    "Prodigy": 4,
}


@pytest.mark.parametrize("label", KEPT)
def test_the_tensors_that_a_method_keeps(label: str) -> None:
    assert METHODS[label].kept() == pytest.approx(KEPT[label], rel=1e-4)


def test_a_method_has_the_settings_of_its_row() -> None:
    group = METHODS["MetaOptimize"].trained()[1].param_groups[0]
    assert (group["stack"], group["tune"], group["trace"]) == ("adamw/lion", ("alpha",), 0.9999)
    assert (group["alpha"], group["multiplicative"], group["form"]) == ((1e-3, 1e-3), True, "textbook")


def test_times_are_of_the_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    few: list[MethodStep] = [METHODS[BASELINE], METHODS["Lion"]]
    monkeypatch.setattr("benchmarks.methods.methods", lambda: few)
    costs = measure(lambda _: None, quick=True)
    assert (costs[BASELINE].step, costs[BASELINE].optimizer, costs[BASELINE].kept) == (1, 1, 2)
    assert costs["Lion"].step > 0
