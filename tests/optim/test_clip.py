"""The clip of hypergradients against a transcription of docs/reports/clipping.md, and its laws."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from problems import Now, distance, small_problem, train
from references import NormAverageClip, clipped_hyper_sgd

from hyperopt.optim.clip import ClipState, clip_by_norm_average

NUMBERS = st.floats(allow_nan=True, allow_infinity=True, width=64) | st.floats(-10, 10) | st.just(0.0)
GRADIENTS = st.lists(NUMBERS, max_size=12).map(lambda later: [0.0, *later]) | st.lists(NUMBERS, max_size=12)


def clipped(gradients: list[float], *, enabled: bool, counts_first_norm: bool) -> list[float]:
    """What our clip makes of a sequence of gradients of one hyperparameter."""
    state = ClipState.init(torch.zeros((), dtype=torch.float64))
    passed = []
    for t, g in enumerate(gradients, start=1):
        grad, state = clip_by_norm_average(
            torch.tensor(g, dtype=torch.float64),
            state,
            torch.tensor(enabled),
            torch.tensor(float(t), dtype=torch.float64),
            counts_first_norm=counts_first_norm,
        )
        passed.append(grad.item())
    return passed


@given(GRADIENTS, st.booleans(), st.booleans())
@example([0.0, 1.0, 1.0, 100.0, 0.0, -3.0], True, True)
@example([0.0, 0.0, math.nan, 2.0, 1e3], True, True)
@example([1.0, math.inf, 2.0, -math.inf], True, False)
def test_clip_is_the_published_algorithm(
    gradients: list[float], enabled: bool, counts_first_norm: bool
) -> None:
    reference = NormAverageClip(enabled=enabled, counts_first_norm=counts_first_norm)
    ours = clipped(gradients, enabled=enabled, counts_first_norm=counts_first_norm)
    assert ours == pytest.approx([reference(g) for g in gradients], rel=1e-12, abs=0.0, nan_ok=True)


@given(GRADIENTS, st.booleans())
def test_clip_never_lengthens_or_turns_a_gradient(gradients: list[float], counts_first_norm: bool) -> None:
    for given_, passed in zip(
        gradients, clipped(gradients, enabled=True, counts_first_norm=counts_first_norm), strict=True
    ):
        if not math.isnan(given_):
            assert abs(passed) <= abs(given_)
            assert passed * given_ >= 0
            assert math.copysign(1, passed) == math.copysign(1, given_)


@given(GRADIENTS, st.booleans())
def test_a_clip_that_is_off_is_the_identity(gradients: list[float], counts_first_norm: bool) -> None:
    passed = clipped(gradients, enabled=False, counts_first_norm=counts_first_norm)
    assert passed == pytest.approx(gradients, rel=0.0, abs=0.0, nan_ok=True)


def test_the_norm_is_that_of_the_whole_gradient() -> None:
    state = ClipState(torch.tensor(1.0), torch.tensor(1.0))
    grad, state = clip_by_norm_average(
        torch.tensor([[3.0, 0.0], [0.0, 4.0]]),
        state,
        torch.tensor(True),
        torch.tensor(2.0),
        counts_first_norm=True,
    )
    assert torch.allclose(grad, torch.tensor([[1.8, 0.0], [0.0, 2.4]]))  # scaled from norm 5 to (1 + 5) / 2
    mean, norms = state
    assert mean.item() == pytest.approx(2.0)
    assert norms.item() == 2


@pytest.mark.parametrize(
    ("stack", "numbers", "kappa"),
    [("sgd/sgd", {"alpha": 0.1}, 0.5), ("adam/sgd", {"alpha": 0.01, "beta1": 0.9, "beta2": 0.999}, 1e-3)],
)
@pytest.mark.usefixtures("float64")
def test_clipped_training_is_the_published_algorithm(
    stack: str, numbers: dict[str, float], kappa: float
) -> None:
    """gdtuo has no clip, so the peer is plain autograd."""
    problem = small_problem(100)
    rule = stack.partition("/")[0]
    reference = clipped_hyper_sgd(rule, numbers, kappa, problem.model, problem.x, problem.y)
    settings = {"stack": stack, "alpha": f"{numbers['alpha']}/{kappa}"}
    for ours, (weights, hyper) in zip(train(problem, **settings, clip=True), reference, strict=True):
        theirs = Now(dict(zip(ours.params, weights, strict=True)), {f"0.{k}": v for k, v in hyper.items()})
        assert distance(ours, theirs) < 1e-9
    (*_, unclipped) = train(problem, **settings)
    assert distance(ours, unclipped) > 1e-3, "the clip did nothing"


@pytest.mark.usefixtures("float64")
def test_a_clip_after_momentum_also_scales_the_buffer() -> None:
    """docs/reports/clipping.md, "The clip": in a level with momentum the scaling alters the stored buffer."""
    from hyperopt.optim.level import Level
    from hyperopt.optim.rules.sgd import Sgd

    level = Level(Sgd(has_momentum=True), clips=True, clip_counts_first_norm=True)
    one = {"h": torch.tensor(1.0)}
    numbers = {**Sgd.hyperparameters, "alpha": 1.0, "momentum": 0.5}
    state = level.init(one, {k: torch.tensor(v) for k, v in numbers.items()}, torch.tensor(True))
    reference, buffer, memory = NormAverageClip(enabled=True, counts_first_norm=True), 0.0, state.memory
    for t, g in enumerate([0.0, 2.0, 3.0, 1.0, 8.0], start=1):
        updates, memory = level.updates(
            {}, state.fixed, state.clip, {"h": torch.tensor(g)}, memory, torch.tensor(float(t)), {}
        )
        buffer = reference(0.5 * buffer + g)
        assert updates["h"].item() == pytest.approx(buffer)
