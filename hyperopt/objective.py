"""The training objective: the loss of a row, its sum or mean over a minibatch, and an L2 penalty."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from hyperopt.optim.level import Tree


def cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the cross entropy of each row [rows]; for rows with several positions, the mean over them.

    Args:
        outputs: logits [rows, classes, ...].
        targets: classes [rows, ...].
    """
    loss = F.cross_entropy(outputs, targets, reduction="none")
    return loss.flatten(1).mean(1) if loss.ndim > 1 else loss


def naive_cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the cross entropy computed from exponentials of the raw logits, which can overflow.

    The hyper-regularization report's code uses it (docs/reports/hyper_regularization.md, "MNIST"). Too large
    a logit makes the loss infinite, and its gradient, softmax minus target, NaN. Arguments are as in
    `cross_entropy`, but targets must be [rows].
    """
    hot = targets[:, None] == torch.arange(outputs.shape[1], device=outputs.device)
    return outputs.exp().sum(1).log() - outputs.where(hot, 0.0).sum(1)


def half_squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return half the squared error of each row [rows]; outputs [rows, 1], real targets [rows]."""
    return (outputs.squeeze(1) - targets).square() / 2


def mistaken(outputs: Tensor, targets: Tensor) -> Tensor:
    """`outputs.argmax(dim=1) != targets` for rows of many positions; bool [rows, ...].

    On a CPU, compiled argmax loops over the classes, while two plain reductions do not: for 24 classes in 102
    400 pixels argmax took 9 ms and the reductions 2 ms. As in argmax, NaN counts as the largest number,
    and ties go to the first.

    Args:
        outputs: logits [rows, classes, ...], at least one position.
        targets: classes [rows, ...].
    """
    number = outputs.shape[1]
    classes = torch.arange(number, dtype=outputs.dtype, device=outputs.device)
    classes = classes.view(-1, *(1 for _ in outputs.shape[2:]))
    nan = outputs != outputs  # compiled isnan is not vectorized
    largest = (outputs == outputs.amax(dim=1, keepdim=True)) | nan
    return torch.where(largest, classes, number).amin(dim=1) != targets


@dataclass(frozen=True)
class Objective:
    """The training objective of a run.

    Attributes:
        classes: whether targets are classes, so that predictions can be wrong, rather than numbers.
        naive_softmax: whether to exponentiate the raw logits.
        summed: whether gradients are summed over a minibatch rather than averaged.
        l2: coefficient of each weight in its own gradient.
        l2_biases: whether the penalty also applies to biases.
    """

    classes: bool = True
    naive_softmax: bool = False
    summed: bool = False
    l2: float = 0.0
    l2_biases: bool = True

    def row_losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each row [rows]; arguments are as in the three losses."""
        if not self.classes:
            return half_squared_error(outputs, targets)
        return (naive_cross_entropy if self.naive_softmax else cross_entropy)(outputs, targets)

    def row_mistakes(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the number of wrong predictions in each row, int64 [rows]; a NaN output predicts class 0."""
        if not self.classes:
            return torch.zeros_like(targets, dtype=torch.int64)
        if targets.ndim == 1:
            return (outputs.argmax(dim=1) != targets).long()
        return mistaken(outputs, targets).flatten(1).sum(1)

    def gradients(self, of_mean: Tree, params: Tree, rows: Tensor) -> Tree:
        """Return the stack's gradients; `of_mean` are those of the mean loss over `rows` rows."""
        grads = {k: g * rows for k, g in of_mean.items()} if self.summed else of_mean
        if self.l2 == 0:
            return grads
        return {
            k: g + self.l2 * params[k] if self.l2_biases or not k.endswith("bias") else g
            for k, g in grads.items()
        }
