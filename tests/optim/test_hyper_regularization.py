"""Hyper-regularization: every update against the objective that it maximises, and its limits."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from inverse_rates import hyper_of, rule_of, steps
from torch import Tensor

from hyperopt.optim.rules.adagrad import Adagrad

pytestmark = pytest.mark.usefixtures("float64")

Phi = Callable[[Tensor], Tensor]
PHI: dict[str, Phi] = {
    "kl": lambda t: t * t.log() - t + 1,
    "rkl": lambda t: t - t.log() - 1,
    "hellinger": lambda t: (t.sqrt() - 1).square(),
    "chi": lambda t: (t - 1).square(),
}
CURVATURE = {"kl": 1.0, "rkl": 1.0, "hellinger": 0.5, "chi": 2.0}
"""phi''(1)."""
NAMES = [f"{divergence}{algorithm}" for divergence in PHI for algorithm in (1, 2, 3)]
NO_MAXIMUM = {"rkl2": 1.0, "rkl3": 1.0, "hellinger2": 1.0, "hellinger3": 1.0, "kl2": 709.0, "kl3": 709.0}
"""The (g / beta)**2 from which the best beta is infinite; KL's only as floating point has it."""


def psi(g: Tensor, y: Tensor, beta: Tensor, b: Tensor, phi: Phi) -> Tensor:
    """Equation 2 of the report at y - x = `y`, one coordinate."""
    return g * y + (beta * y.square() - b * phi(beta / b)) / 2


B = torch.tensor([0.1, 1.0, 30.0, 1e4], dtype=torch.float64).repeat_interleave(12)
C = torch.logspace(-5, 3, 12, dtype=torch.float64).repeat(4)
G = B * C.sqrt() * torch.tensor([1.0, -1.0]).repeat(24)
"""Betas, (g / beta)**2 from far below to far above where growth is clipped, and gradients of both signs."""


@pytest.mark.parametrize("clip", [True, False], ids=["clipped", "free"])
@pytest.mark.parametrize("name", NAMES)
def test_an_update_maximises_the_objective(name: str, clip: bool) -> None:
    """Beta against a grid of betas, and for the exact rules y against a grid of ys: a saddle point."""
    rule, phi, algorithm = rule_of(name, growth_clip=clip), PHI[name[:-1]], int(name[-1])
    g, b = G[:, None], B[:, None]
    rates = 1 / B
    update, after = next(steps(rule, G[None], alpha=rates))  # type: ignore[arg-type]
    beta = after[:, None]
    finite = after.isfinite()
    assert torch.equal(finite, C.lt(math.inf if clip else NO_MAXIMUM.get(name, math.inf)))

    old, new = -g / b, -g / beta
    grid = torch.linspace(0, math.log(2 if clip else 1e5), 20_001).exp()
    grid = grid if clip else torch.cat([1 / grid.flip(0), grid])
    y = new if algorithm == 1 else old
    best = psi(g, y, beta, b, phi)
    slack = 1e-9 * (b * C[:, None])
    over_beta = psi(g, y, b * grid, b, phi)
    assert (over_beta <= best + slack)[finite].all()
    if algorithm == 1:
        ys = new * torch.linspace(-1, 3, 2001)
        assert (psi(g, ys, beta, b, phi) >= best - slack)[finite].all()
    within = (after / B < grid[-1])[finite]
    spacing = math.log(grid[-1] / grid[-2]) * 1.01
    nearest = grid[over_beta.argmax(1)][finite]
    assert ((after / B)[finite] / nearest).log().abs()[within].max() < max(spacing, 1e-3)

    assert torch.allclose(-update, (old if algorithm == 3 else new).squeeze(1), rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_past_the_pole_and_far_above_the_bound_beta_doubles(name: str) -> None:
    (*_, (_, beta)) = steps(rule_of(name), [1e6, 0.0, 1e-3, 1e9], alpha=0.5)
    assert beta.item() == pytest.approx(8.0, rel=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_float32_grows_as_float64_does(name: str) -> None:
    rule = rule_of(name)
    c = torch.logspace(-14, 2, 400)
    precise, single = rule.growth(c), rule.growth(c.float())
    assert single.dtype == torch.float32
    assert ((single.double() - precise) / precise).abs().max() < 2e-6


def test_growth_below_the_precision_of_float32_adds_up() -> None:
    grads = torch.full((2000, 1), 1e-5, dtype=torch.float32)
    rule = rule_of("rkl1")
    hyper = {k: v.float() for k, v in hyper_of(rule, alpha=1.0).items()}
    state = rule.init(grads[0])
    for g in grads:
        _, state = rule.update(g, state, hyper, torch.tensor(2.0), g)
    assert state["excess"].item() == pytest.approx(2000 * 1e-10, rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_small_gradients_move_beta_by_wngrads_rule(name: str) -> None:
    """To first order beta grows by g**2 / (phi''(1) beta): WNGrad's for KL and reverse KL."""
    _, beta = next(steps(rule_of(name), [3e-3], alpha=0.1))
    assert (beta.item() - 10) / (9e-6 / 10) == pytest.approx(1 / CURVATURE[name[:-1]], rel=1e-4)


@pytest.mark.parametrize("algorithm", [1, 2])
def test_chi_squared_of_small_gradients_is_adagrad(algorithm: int) -> None:
    """beta**2 is beta0**2 plus the squared gradients, to first order in each (g / beta)**2."""
    torch.manual_seed(0)
    grads = 0.03 * torch.randn(3000, 5)
    peer = Adagrad(adagrad_start=1.0)
    state = peer.init(grads[0])
    made = list(steps(rule_of(f"chi{algorithm}"), grads, alpha=1.0))
    for t, (g, (update, _)) in enumerate(zip(grads, made, strict=True)):
        theirs, state = peer.update(g, state, {"alpha": torch.tensor(1.0)}, torch.tensor(t + 1.0), g)
        assert torch.allclose(update, theirs, rtol=1e-3)
    beta = made[-1][1]
    assert torch.allclose(beta, state["sum"].sqrt(), rtol=1e-3)
    assert beta.min() > 1.5


@pytest.mark.parametrize(
    ("phi", "algorithm", "expected"),
    [
        (lambda t: (t - 1).square() / t, 1, lambda b, g: (b**2 + g**2) ** 0.5),
        (lambda t: (t - 1).square() / 2, 2, lambda b, g: b + g**2 / b),
    ],
    ids=["AdaGrad", "WNGrad"],
)
def test_the_objective_is_that_of_the_paper(
    phi: Phi, algorithm: int, expected: Callable[[float, float], float]
) -> None:
    """Its abstract derives AdaGrad and WNGrad from it: so they pin the objective that the tests maximise."""
    g, b = torch.tensor(1.7), torch.tensor(1.3)
    betas = b * torch.linspace(0, math.log(10), 200_001).exp()
    y = -g / betas if algorithm == 1 else -g / b
    best = betas[psi(g, y, betas, b, phi).argmax()]
    assert best.item() == pytest.approx(expected(b.item(), g.item()), rel=2e-5)


LOGGED: dict[int, tuple[float, float]] = {
    1: (0.73294, 0.13480),
    2: (1.18856, 0.26384),
    10: (3.05753, 1.14585),
    100: (9.82872, 5.96550),
    1000: (29.12687, 13.21396),
}
"""Weights by iteration, to five decimals (docs/reports/hyper_regularization.md, "Linear regression")."""


def test_the_reports_linear_regression() -> None:
    """H1 from the sufficient statistics: the gradient is w - w_best, the inputs being orthonormal."""
    best = torch.tensor([73.29392200, 13.47971243])
    rule = rule_of("hellinger1", beta_waits=True)
    hyper = hyper_of(rule, alpha=0.01)
    w = torch.zeros(2)
    state = rule.init(w)
    for t in range(1, 1001):
        update, state = rule.update(w - best, state, hyper, torch.tensor(float(t)), w)
        w = w - update
        if t in LOGGED:
            assert w.tolist() == pytest.approx(LOGGED[t], abs=5.1e-6)
