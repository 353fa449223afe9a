"""What a stack of levels does in a step: order, memory, and what it leaves alone."""

from __future__ import annotations

import pytest
import torch
from problems import distance, small_problem, start, train

from hyperopt.config import resolve
from hyperopt.optim.level import NOTHING, Level
from hyperopt.optim.rules.sgd import Sgd
from hyperopt.optim.stack import Stack
from hyperopt.optim.torch_private import tree_leaves

pytestmark = pytest.mark.usefixtures("float64")


def numbers(alpha: float) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(v) for name, v in (Sgd.hyperparameters | {"alpha": alpha}).items()}


def test_levels_move_top_first_each_with_the_values_above_already_moved() -> None:
    """sgd/sgd/sgd on one weight by hand (docs/reports/gdtuo.md, "One step"): kappa, alpha, w in turn."""
    stack = Stack((Level(Sgd(), ("alpha",)), Level(Sgd(), ("alpha",)), Level(Sgd())))
    off = torch.tensor(False)
    state = stack.init(
        {"w": torch.tensor(1.0)}, (numbers(0.5), numbers(0.25), numbers(0.125)), (off, off, off)
    )
    w, alpha, kappa, lambda_ = 1.0, 0.5, 0.25, 0.125
    g_before = h_before = 0.0
    params = {"w": torch.tensor(w)}
    for t, g in enumerate([2.0, 3.0, -1.0, 0.5, 4.0], start=1):
        h_alpha = -g * g_before
        h_kappa = -h_alpha * h_before
        kappa -= lambda_ * h_kappa
        alpha -= kappa * h_alpha
        w -= alpha * g
        g_before, h_before = g, h_alpha
        params, state = stack.step(params, {"w": torch.tensor(g)}, state, torch.tensor(float(t)))
        shown = stack.hyperparameters(state)
        assert params["w"].item() == pytest.approx(w, rel=1e-12)
        assert [level["alpha"].item() for level in shown] == pytest.approx([alpha, kappa, lambda_], rel=1e-12)
    assert kappa != 0.25


def test_a_hyperparameter_that_is_not_tuned_stays() -> None:
    (*_, now) = train(small_problem(10), stack="adam/sgd", alpha="0.01/1e-3", tune=["beta1"])
    assert now.hyper["0.alpha"] == 0.01
    assert now.hyper["0.beta2"] == 0.999
    assert now.hyper["0.beta1"] != 0.9


def test_a_rate_of_zero_above_is_no_level_above() -> None:
    for rule in ("sgd", "adam", "adagrad", "rmsprop"):
        problem = small_problem(20)
        alone = train(problem, stack=rule, alpha=0.01)
        below = train(problem, stack=f"{rule}/sgd", alpha="0.01/0")
        for a, b in zip(alone, below, strict=True):
            assert all(torch.allclose(a.params[k], b.params[k], rtol=0, atol=1e-13) for k in a.params)


def test_a_level_keeps_the_inputs_of_its_last_update_only() -> None:
    problem = small_problem(4)
    training, state = start(problem, resolve({"stack": "adam/adam/sgd"}))
    sizes = []
    for t in range(1, 5):
        before = state
        state = training.step(
            before, problem.x[t - 1], problem.y[t - 1], torch.full((16,), 1 / 16), torch.tensor(float(t))
        )
        sizes.append(sum(leaf.numel() for leaf in tree_leaves(state)))
        for level, was in zip(state.stack[:-1], before.stack[:-1], strict=True):
            kept, memory = tree_leaves(level.last.memory), tree_leaves(was.memory)
            assert all(a is b for a, b in zip(kept, memory, strict=True))
    assert len(set(sizes)) == 1, "memory grows"
    assert state.stack[-1].last == NOTHING
    assert all(level.last.params == {} for level in state.stack)
    assert not any(leaf.requires_grad for leaf in tree_leaves(state))


def test_one_level_alone_keeps_nothing_for_hypergradients() -> None:
    problem = small_problem(1)
    _, state = start(problem, resolve({"stack": "sgd"}))
    weights = sum(p.numel() for p in problem.params.values())
    assert sum(leaf.numel() for leaf in tree_leaves(state.stack)) < weights


def test_hyperparameters_are_in_natural_units_in_the_rules_order() -> None:
    training, state = start(
        small_problem(1), resolve({"stack": "adam/rmsprop/sgd", "alpha": "0.01/0.04/0.001"})
    )
    adam, rmsprop, sgd = training.stack.hyperparameters(state.stack)
    assert list(adam) == ["alpha", "beta1", "beta2", "weight_decay"]
    assert [v.item() for v in adam.values()] == pytest.approx([0.01, 0.9, 0.999, 0])
    assert [v.item() for v in rmsprop.values()] == pytest.approx([0.04, 0.99, 0])
    assert list(sgd) == list(Sgd.hyperparameters)
    assert sgd["alpha"].item() == 0.001


def test_clip_is_per_level() -> None:
    problem = small_problem(20)
    settings = {"stack": "sgd/sgd/sgd", "alpha": "0.1/0.1/0.1"}
    ends = {
        clip: list(train(problem, **settings, clip=clip))[-1]
        for clip in (False, True, "true/false", "false/true")
    }
    apart = [distance(ends[a], ends[b]) for a in ends for b in ends if a != b]
    assert min(apart) > 1e-9


def test_baydins_sgd_hd_is_sgd_above_the_learning_rate() -> None:
    """alpha_t = alpha_(t-1) + kappa <g_t, g_(t-1)>, then w moves with the new alpha (Baydin et al., 2018)."""
    problem = small_problem(30)
    training, _ = start(problem, resolve({"stack": "sgd"}))
    weight = torch.full((16,), 1 / 16)
    params, alpha, before = problem.params, 0.05, None
    for now, x, y in zip(
        train(problem, stack="sgd/sgd", alpha="0.05/0.02"), problem.x, problem.y, strict=True
    ):
        g = torch.func.grad(training._loss, has_aux=True)(params, {}, x, y, weight)[0]
        if before is not None:
            alpha += 0.02 * sum((g[k] * before[k]).sum().item() for k in g)
        params, before = {k: p - alpha * g[k] for k, p in params.items()}, g
        assert now.hyper["0.alpha"] == pytest.approx(alpha, rel=1e-12)
        assert all(torch.allclose(now.params[k], params[k], rtol=0, atol=1e-12) for k in params)
