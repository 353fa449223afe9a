"""What a run minimises: losses of rows, sums and means, the L2 penalty; and batch normalisation's buffers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from problems import BATCH, CLASSES, FEATURES, small_problem, train
from torch import Tensor, nn
from torch.nn import functional as F

from hyperopt import models
from hyperopt.config import Run, resolve
from hyperopt.engine.pack import objective_of, stack_of
from hyperopt.objective import Objective, mistaken, naive_cross_entropy
from hyperopt.optim.torch_private import tree_map
from hyperopt.train import RunState, Training

pytestmark = pytest.mark.usefixtures("float64")

WEIGHT = torch.full((BATCH,), 1 / BATCH, dtype=torch.float64)


def logits_and_classes(*positions: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    outputs = torch.randn(6, CLASSES, *positions, generator=generator)
    return outputs, torch.randint(CLASSES, (6, *positions), generator=generator)


@pytest.mark.parametrize("positions", [(), (3, 2)])
def test_losses_and_mistakes_of_rows_add_up_to_torchs(positions: tuple[int, ...]) -> None:
    outputs, targets = logits_and_classes(*positions)
    losses, mistakes = Objective().row_losses(outputs, targets), Objective().row_mistakes(outputs, targets)
    assert losses.shape == mistakes.shape == (6,)
    assert losses.mean().item() == pytest.approx(F.cross_entropy(outputs, targets).item(), rel=1e-12)
    assert mistakes.sum() == (outputs.argmax(1) != targets).sum() > 0


def test_mistaken_pixels_are_those_of_argmax_where_outputs_are_equal_or_nan_too() -> None:
    generator = torch.Generator().manual_seed(1)
    values = torch.tensor([0.0, 1.0, 2.0, torch.inf, -torch.inf, torch.nan])
    outputs = values[torch.randint(len(values), (400, 3, 5, 2), generator=generator)]
    targets = torch.randint(3, (400, 5, 2), generator=generator)
    outputs[:50] = torch.nan
    wrong = outputs.argmax(1) != targets
    assert torch.equal(mistaken(outputs, targets), wrong)
    assert torch.equal(Objective().row_mistakes(outputs, targets), wrong.flatten(1).sum(1))
    assert 0 < wrong[:50].sum() < wrong[:50].numel()


def test_naive_softmax_is_the_stable_one_until_it_overflows() -> None:
    outputs, targets = logits_and_classes()
    outputs.requires_grad_(True)
    naive, stable = naive_cross_entropy(outputs, targets), F.cross_entropy(outputs, targets, reduction="none")
    assert torch.allclose(naive, stable, rtol=1e-12)
    found, expected = (torch.autograd.grad(loss.sum(), outputs)[0] for loss in (naive, stable))
    assert torch.allclose(found, expected, atol=1e-12)
    large = outputs.detach() + 720
    large.requires_grad_(True)
    overflown = naive_cross_entropy(large, targets)
    assert overflown.isinf().all()
    assert torch.autograd.grad(overflown.sum(), large)[0].isnan().any(1).all()
    assert F.cross_entropy(large, targets).isfinite()


def test_numbers_are_fitted_by_half_the_squared_error() -> None:
    outputs, targets = torch.tensor([[1.0], [3.0]]), torch.tensor([2.0, 0.0])
    objective = Objective(classes=False)
    assert objective.row_losses(outputs, targets).tolist() == [0.5, 4.5]
    assert objective.row_mistakes(outputs, targets).tolist() == [0, 0]


@pytest.mark.parametrize(
    "settings",
    [{}, {"gradient": "sum"}, {"l2": 0.1}, {"l2": 0.1, "l2_biases": False}, {"l2": 0.3, "gradient": "sum"}],
)
def test_a_step_follows_the_gradient_of_what_is_minimised(settings: dict[str, Any]) -> None:
    """Against autograd of the loss written out whole."""
    problem, run = small_problem(1), resolve({"stack": "sgd", "alpha": 0.1, **settings})
    training, state = begin(problem.model, run)
    rows = 11
    weight = (torch.arange(BATCH) < rows).double() / rows
    after = training.step(state, problem.x[0], problem.y[0], weight, torch.tensor(1.0))

    params = {k: p.requires_grad_(True) for k, p in problem.params.items()}
    logits = torch.func.functional_call(problem.model, params, (problem.x[0, :rows],))
    reduction = "sum" if settings.get("gradient") == "sum" else "mean"
    loss = F.cross_entropy(logits, problem.y[0, :rows], reduction=reduction)
    penalized = [p for k, p in params.items() if settings.get("l2_biases", True) or k.endswith("weight")]
    loss = loss + settings.get("l2", 0.0) / 2 * sum(p.square().sum() for p in penalized)
    for (name, p), gradient in zip(
        params.items(), torch.autograd.grad(loss, list(params.values())), strict=True
    ):
        assert torch.allclose(after.params[name], p - 0.1 * gradient, rtol=1e-12), name


def test_the_hypergradient_sees_the_penalty() -> None:
    """h = <g, previous g>, both with l2 * w (docs/reports/hypergradient.md, "Update rules")."""
    problem = small_problem(2)
    steps = list(train(problem, stack="sgd/sgd", alpha="0.1/0.01", l2=0.2))
    params, seen = problem.params, []
    for t in range(2):
        leaves = {k: p.detach().requires_grad_(True) for k, p in params.items()}
        loss = F.cross_entropy(
            torch.func.functional_call(problem.model, leaves, (problem.x[t],)), problem.y[t]
        )
        gradients = torch.autograd.grad(loss, list(leaves.values()))
        seen.append([g + 0.2 * p.detach() for g, p in zip(gradients, leaves.values(), strict=True)])
        params = steps[0].params
    product = sum((a * b).sum().item() for a, b in zip(*seen, strict=True))
    assert steps[1].hyper["0.alpha"] == pytest.approx(0.1 + 0.01 * product, rel=1e-12)


def normalized() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(FEATURES, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, CLASSES))


def begin(model: nn.Module, run: Run) -> tuple[Training, RunState]:
    training = Training(model, stack_of(run), objective_of(run))
    numbers = ({"alpha": torch.tensor(run.alpha[0])} | {k: torch.tensor(v) for k, v in run.numbers.items()},)
    parts = {k: p.clone() for k, p in models.parameters(model).items()}
    return training, training.init(parts, models.buffers(model), numbers, (torch.tensor(False),))


def test_batch_normalisation_trains_and_evaluates_as_torch_does() -> None:
    problem = small_problem(3)
    training, state = begin(normalized(), resolve({"stack": "sgd", "alpha": 0.1}))
    theirs = normalized()
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1)
    for t in range(3):
        state = training.step(state, problem.x[t], problem.y[t], WEIGHT, torch.tensor(t + 1.0))
        optimizer.zero_grad()
        F.cross_entropy(theirs(problem.x[t]), problem.y[t]).backward()
        optimizer.step()
    for name, value in theirs.state_dict().items():
        assert torch.allclose((state.params | state.buffers)[name], value, rtol=1e-12), name
    theirs.eval()
    loss = F.cross_entropy(theirs(problem.x[0]), problem.y[0], reduction="sum")
    ours = training.scores(state.params, state.buffers, problem.x[0], problem.y[0]).loss
    assert ours.item() == pytest.approx(loss.item(), rel=1e-12)
    assert training.model.training


def test_a_pack_keeps_the_buffers_of_each_run() -> None:
    problem = small_problem(1)
    training, state = begin(normalized(), resolve({"stack": "sgd", "alpha": 0.1}))
    shifted = state._replace(params=state.params | {"0.bias": state.params["0.bias"] + 1.0})
    stacked = tree_map(lambda *leaves: torch.stack(leaves), state, shifted)
    step = torch.func.vmap(training.step, in_dims=(0, None, None, None, None))
    packed = step(stacked, problem.x[0], problem.y[0], WEIGHT, torch.tensor(1.0))
    for i, alone in enumerate((state, shifted)):
        after = training.step(alone, problem.x[0], problem.y[0], WEIGHT, torch.tensor(1.0))
        for name, buffer in after.buffers.items():
            assert torch.allclose(packed.buffers[name][i], buffer, rtol=1e-12), name
    assert not torch.allclose(packed.buffers["1.running_mean"][0], packed.buffers["1.running_mean"][1])
