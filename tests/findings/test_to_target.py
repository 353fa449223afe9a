"""How fast methods come to a target, from curves whose epochs are counted by hand."""

from __future__ import annotations

import math

import pytest

from hyperopt.findings.methods import Method, Workload
from hyperopt.findings.to_target import epochs_to, fastest, profiles


def method(label: str, *curve: float) -> Method:
    """One with the same losses from both rates."""
    return Method(label, "", (curve[-1],) * 2, 0, (curve,) * 2)


def workload(*methods: Method, name: str = "a") -> Workload:
    return Workload(f"which_stack/{name}", name, (0.1, 1.0), {m.label: m for m in methods}, (), 9, 9, (0,))


ADAMW = method("AdamW", 2.0, 1.5, 0.9, 1.0)
FAST = method("Fast", 1.6, 1.0, 0.8, 0.7)
SLOW = method("Slow", 2.0, 1.9, 1.8, 0.6)


def said(*methods: Method, target: float = 1.0) -> str:
    return fastest([workload(*methods)], [m.label for m in methods], target)


def test_the_fastest_is_named_with_its_epochs_and_the_baselines() -> None:
    """AdamW comes to its last loss before its last epoch, as the curves of records may."""
    assert said(ADAMW, FAST, SLOW) == (
        "Fast reaches AdamW's best loss in the fewest epochs, each method from its own best rate: in 2 on a,"
        " where AdamW takes 3; 0.67 times as many in the geometric mean."
    )
    assert said(ADAMW, SLOW) == (
        "No method reaches AdamW's best loss on all of these workloads in fewer epochs than AdamW."
    )
    both = [workload(ADAMW, FAST), workload(ADAMW, method("Fast", 1.0, 1.0), name="b")]
    assert "in 2 on a and 1 on b, where AdamW takes 3 and 3; 0.47 times" in fastest(
        both, ["AdamW", "Fast"], 1.0
    )


@pytest.mark.parametrize("target", [0.5, 0.7, 0.8, 0.95, 0.975, 0.999, 1.0, 1.05, 2.0, 3.0])
def test_every_target_has_an_answer(target: float) -> None:
    """Of targets below 1 the baseline reaches some on the way, and some never."""
    words = said(ADAMW, FAST, SLOW, target=target)
    never = target < 0.9
    assert ("itself never reaches" in words or "No method, including AdamW" in words) == never


def test_that_the_baseline_never_comes_to_a_target_is_said_with_who_does() -> None:
    there = [
        workload(ADAMW, FAST, SLOW, name="one"),
        workload(SLOW, FAST, method("AdamW", 0.6), name="other"),
    ]
    assert fastest(there, ["AdamW", "Fast", "Slow"], 0.75) == (
        "No method, including AdamW, reaches 0.75 times AdamW's best loss on all of these workloads."
    )
    assert fastest(there[:1], ["AdamW", "Fast", "Slow"], 0.75) == (
        "AdamW itself never reaches 0.75 times AdamW's best loss on one; 2 methods do on all workloads,"
        " Fast in the fewest epochs (4)."
    )


def test_profiles_count_workloads_within_a_factor_of_the_fewest_epochs() -> None:
    assert [epochs_to(ADAMW, loss) for loss in (1.0, 0.5)] == [3, math.inf]
    never = method("Fast", 9.0, 9.0)
    found = profiles([workload(ADAMW, FAST), workload(ADAMW, never)], ["AdamW", "Fast"])
    assert found["Fast"] == {1.0: 0.5, 1.5: 0.5, 2.0: 0.5, 4.0: 0.5, math.inf: 0.5}
    assert found["AdamW"] == {1.0: 0.5, 1.5: 1.0, 2.0: 1.0, 4.0: 1.0, math.inf: 1.0}
    of_few = profiles([workload(method("AdamW", 4, 3, 2, 1.0), FAST)], ["AdamW", "Fast"])
    assert of_few["AdamW"][1.5] == 0.0
