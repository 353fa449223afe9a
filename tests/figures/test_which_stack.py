"""The drawing of the study of stacks."""

from __future__ import annotations

from hyperopt.figures.which_stack import draw_study, drawn_methods
from hyperopt.findings.methods import Method, Workload

RATES = (0.01, 0.1, 1.0)


def workload(*methods: tuple[str, str, float], name: str = "a") -> Workload:
    """Methods by label, heading and their loss from every rate."""
    made = {
        label: Method(label, heading, (loss,) * 3, 0, ((loss,),) * 3, by_seed=((loss,) * 3,))
        for label, heading, loss in methods
    }
    return Workload(f"which_stack/{name}", name, RATES, made, (), 9, 9, (0,))


STUDY = [
    workload(
        ("SGD", "Plain", 3.0),
        ("AdamW", "Plain", 1.0),
        ("adam/sgd", "Stacks", 2.0),
        ("sgd/sgd", "Stacks", 4.0),
        name=name,
    )
    for name in ("a", "b", "c", "d")
]


def test_of_each_other_heading_the_least_loss_is_drawn_beside_the_baseline() -> None:
    assert drawn_methods(STUDY) == ["AdamW", "adam/sgd"]


def test_the_same_workloads_give_the_same_bytes() -> None:
    first = draw_study(STUDY[:1])
    assert set(first) == {"svg", "png"}
    assert first == draw_study(STUDY[:1])


def test_without_the_baseline_nothing_is_drawn() -> None:
    assert draw_study([workload(("SGD", "Plain", 3.0))]) == {}
