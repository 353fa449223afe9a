"""One training run as pure functions: a step from state to state, and the loss and error of a state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value
from torch.nn import functional as F

from hyperopt.optim.stack import Stack, StackState, Tree

NEVER = 0


class RunState(NamedTuple):
    """All that changes while one run trains.

    Attributes:
        params: weights by name.
        stack: the levels' states.
        loss_sum: sum of the minibatch losses of this epoch, scalar.
        wrong_sum: mistakes on the minibatches of this epoch, each judged before the step on it; int64 scalar.
        diverged_at: step at which a loss, hyperparameter or weight was first not finite, or NEVER; int64
            scalar.
        negative_at: per level, step at which its alpha was first negative, or NEVER; int64 [levels].
    """

    params: Tree
    stack: StackState
    loss_sum: Tensor
    wrong_sum: Tensor
    diverged_at: Tensor
    negative_at: Tensor


class Scores(NamedTuple):
    """Sums over rows: cross entropy, and mistakes, a row of NaN counting as class 0."""

    loss: Tensor
    wrong: Tensor


@dataclass(frozen=True)
class Training:
    """A model trained by a stack; every method is a pure function of one run, fit for `torch.func.vmap`."""

    model: nn.Module
    stack: Stack

    def init(self, params: Tree, numbers: tuple[Tree, ...], clip: tuple[Tensor, ...]) -> RunState:
        """State before the first step; arguments as of `Stack.init`."""
        some = next(iter(params.values()))
        return RunState(
            params=params,
            stack=self.stack.init(params, numbers, clip),
            loss_sum=some.new_zeros(()),
            wrong_sum=some.new_zeros((), dtype=torch.int64),
            diverged_at=some.new_full((), NEVER, dtype=torch.int64),
            negative_at=some.new_full((len(self.stack.levels),), NEVER, dtype=torch.int64),
        )

    def step(self, state: RunState, x: Tensor, y: Tensor, weight: Tensor, step: Tensor) -> RunState:
        """One minibatch.

        Args:
            state: before the step.
            x: inputs [batch, ...].
            y: classes [batch].
            weight: of each row in the loss [batch], adding up to 1; 0 for rows that only pad a smaller last
                batch.
            step: counted from 1 over the whole run, scalar.
        """
        grads, (loss, wrong) = grad_and_value(self._loss, has_aux=True)(state.params, x, y, weight)
        params, stack = self.stack.step(state.params, grads, state.stack, step)
        hyper = self.stack.hyperparameters(stack)
        finite = loss.isfinite()
        for values in hyper:
            for value in values.values():
                finite = finite & value.isfinite()
        negative = torch.stack([values["alpha"] < 0 for values in hyper])
        return RunState(
            params=params,
            stack=stack,
            loss_sum=state.loss_sum + loss,
            wrong_sum=state.wrong_sum + wrong,
            diverged_at=first(state.diverged_at, ~finite, step),
            negative_at=first(state.negative_at, negative, step),
        )

    def mark_diverged(self, state: RunState, step: Tensor) -> RunState:
        """Note `step` as the step of divergence where a weight is not finite."""
        finite = torch.stack([p.isfinite().all() for p in state.params.values()]).all()
        return state._replace(diverged_at=first(state.diverged_at, ~finite, step))

    def scores(self, params: Tree, x: Tensor, y: Tensor) -> Scores:
        """Loss and mistakes on the rows x [rows, ...], y [rows]."""
        logits = functional_call(self.model, params, (x,))
        return Scores(F.cross_entropy(logits, y, reduction="sum"), (logits.argmax(dim=-1) != y).sum())

    def _loss(self, params: Tree, x: Tensor, y: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """The weighted loss, and how many rows that count are mistaken."""
        logits = functional_call(self.model, params, (x,))
        wrong = (logits.argmax(dim=-1) != y) & (weight > 0)
        return (F.cross_entropy(logits, y, reduction="none") * weight).sum(), wrong.sum()


def first(so_far: Tensor, happens: Tensor, step: Tensor) -> Tensor:
    """The step at which something first happened."""
    return so_far.where((so_far != NEVER) | ~happens, step.to(so_far.dtype))
