"""One training run as pure functions: a step from state to state, and the loss and error of a state."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value

from hyperopt.objective import Objective
from hyperopt.optim.level import Tree
from hyperopt.optim.stack import Stack, StackState

NEVER = 0


class RunState(NamedTuple):
    """Everything that changes while one run trains.

    Attributes:
        params: weights by name.
        buffers: the model's state beside its weights, by name, such as running statistics of batch
            normalization.
        stack: the levels' states.
        loss_sum: sum of the minibatch losses of this epoch, scalar.
        wrong_sum: number of wrong predictions in this epoch, counted before the step on each minibatch; int64
            scalar.
        diverged_at: the first step at which a loss, hyperparameter or weight was not finite, or NEVER; int64
            scalar.
        negative_at: per level, the first step at which its alpha was negative, or NEVER; int64 [levels].
        rate_sum: sum over this epoch of the rates applied to the weights, scalar.
        crossed_at: the first step whose minibatch loss was at most `stop_at_loss`, or NEVER; int64 scalar.
    """

    params: Tree
    buffers: Tree
    stack: StackState
    loss_sum: Tensor
    wrong_sum: Tensor
    diverged_at: Tensor
    negative_at: Tensor
    rate_sum: Tensor
    crossed_at: Tensor


class Scores(NamedTuple):
    """Two sums over rows: the loss, and the wrong predictions (NaN predicts class 0)."""

    loss: Tensor
    wrong: Tensor


@dataclass(frozen=True)
class Training:
    """A model and its stack; methods are pure functions of one run, suitable for `torch.func.vmap`.

    If `stop_at_loss` is given, the state records the first minibatch with at most that loss.
    """

    model: nn.Module
    stack: Stack
    objective: Objective = field(default_factory=Objective)
    stop_at_loss: float | None = None

    def init(
        self, params: Tree, buffers: Tree, numbers: tuple[Tree, ...], clip: tuple[Tensor, ...]
    ) -> RunState:
        """Return the initial state; `buffers` are the model's, other arguments as in `Stack.init`."""
        some = next(iter(params.values()))
        return RunState(
            params=params,
            buffers=buffers,
            stack=self.stack.init(params, numbers, clip),
            loss_sum=some.new_zeros(()),
            wrong_sum=some.new_zeros((), dtype=torch.int64),
            diverged_at=some.new_full((), NEVER, dtype=torch.int64),
            negative_at=some.new_full((len(self.stack.levels),), NEVER, dtype=torch.int64),
            rate_sum=some.new_zeros(()),
            crossed_at=some.new_full((), NEVER, dtype=torch.int64),
        )

    def step(
        self,
        state: RunState,
        x: Tensor,
        y: Tensor,
        weight: Tensor,
        step: Tensor,
        kept: tuple[Tensor, ...] = (),
    ) -> RunState:
        """Train on one minibatch.

        Args:
            state: the state before the step.
            x: inputs [batch, ...].
            y: classes [batch] or [batch, ...], or numbers [batch], depending on the objective.
            weight: weight of each row in the loss [batch]; the weights sum to 1, and rows that only pad a
                smaller last batch have 0.
            step: counted from 1 over the whole run, scalar.
            kept: for each layer with dropout, the units to keep: bool [batch, units].
        """
        grads, (loss, (wrong, buffers)) = grad_and_value(self._loss, has_aux=True)(
            state.params, state.buffers, x, y, weight, kept
        )
        grads = self.objective.gradients(grads, state.params, (weight > 0).sum())
        params, stack = self.stack.step(state.params, grads, state.stack, step)
        hyper = self.stack.hyperparameters(stack)
        finite = loss.isfinite()
        for values in hyper:
            for value in values.values():
                finite = finite & value.isfinite()
        negative = torch.stack([values["alpha"] < 0 for values in hyper])
        return RunState(
            params=params,
            buffers=buffers,
            stack=stack,
            loss_sum=state.loss_sum + loss,
            wrong_sum=state.wrong_sum + wrong,
            diverged_at=first(state.diverged_at, ~finite, step),
            negative_at=first(state.negative_at, negative, step),
            rate_sum=state.rate_sum + self.stack.rate(stack, step),
            crossed_at=self._crossed_at(state.crossed_at, loss, step),
        )

    def _crossed_at(self, so_far: Tensor, loss: Tensor, step: Tensor) -> Tensor:
        return so_far if self.stop_at_loss is None else first(so_far, loss <= self.stop_at_loss, step)

    def mark_diverged(self, state: RunState, step: Tensor) -> RunState:
        """Return the state; if a weight is not finite, with `step` recorded as the step of divergence."""
        finite = torch.stack([p.abs().amax() for p in state.params.values()]).isfinite().all()
        return state._replace(diverged_at=first(state.diverged_at, ~finite, step))

    def scores(self, params: Tree, buffers: Tree, x: Tensor, y: Tensor) -> Scores:
        """Return loss and errors of the model in evaluation mode on x [rows, ...], y [rows, ...]."""
        outputs = self.outputs(params, buffers, x)
        return Scores(
            self.objective.row_losses(outputs, y).sum(), self.objective.row_mistakes(outputs, y).sum()
        )

    def evaluated(self, state: RunState) -> Tree:
        """Return the weights to evaluate."""
        return self.stack.evaluated(state.params, state.stack)

    def outputs(self, params: Tree, buffers: Tree, x: Tensor) -> Tensor:
        """Return the outputs of the model in evaluation mode for x [rows, ...]."""
        outputs: Tensor = functional_call(self._evaluated, (params, buffers), (x,))
        return outputs

    @property
    def dropped(self) -> tuple[int, ...]:
        """Return the number of units of each layer with dropout."""
        return getattr(self.model, "dropped", ())

    @cached_property
    def _evaluated(self) -> nn.Module:
        return copy.deepcopy(self.model).eval()

    def _loss(
        self,
        params: Tree,
        buffers: Tree,
        x: Tensor,
        y: Tensor,
        weight: Tensor,
        kept: tuple[Tensor, ...] = (),
    ) -> tuple[Tensor, tuple[Tensor, Tree]]:
        """Return the weighted loss, the number of wrong predictions, and the next buffers."""
        after = {k: buffer.clone() for k, buffer in buffers.items()}  # batch normalization writes into them
        outputs = functional_call(self.model, (params, after), (x, kept) if kept else (x,))
        wrong = self.objective.row_mistakes(outputs, y).where(weight > 0, 0)
        return (self.objective.row_losses(outputs, y) * weight).sum(), (wrong.sum(), after)


def first(so_far: Tensor, happens: Tensor, step: Tensor) -> Tensor:
    """Return the step at which something first happened."""
    return so_far.where((so_far != NEVER) | ~happens, step.to(so_far.dtype))
