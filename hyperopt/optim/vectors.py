"""What the parts of an optimizer's step take and return."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor

from hyperopt.optim.level import Tree
from hyperopt.optim.stack import StackState


class Floats(NamedTuple):
    """An update as a closed form takes it: what `ClosedForm.numbers` made, of what, and for which count."""

    numbers: dict[str, Any]
    hyper: dict[str, float]
    step: float


Given = Floats | None
"""The numbers of an update; None where they are to be made of tensors."""


class Written(NamedTuple):
    """Which natural values of level 0 were set since the last step, in the order of its rule.

    Attributes:
        values: of those that were not set whatever they are; [hyperparameters].
        there: whether it was set; [hyperparameters].
    """

    values: Tensor
    there: Tensor


class Vectors(NamedTuple):
    """Elements of some parameters, and what is remembered of them.

    Attributes:
        grad: of the loss; after `move` what is subtracted from the parameters, unless there is `param`.
        param: the parameters in the arithmetic's type, where it needs them; `move` updates it.
        memory: the rule's state, updated in place.
        last: where the level is tuned, what its last update is remembered by, names after "last.": for a rule
            with a closed form what that keeps, else all inputs of the update.
    """

    grad: Tensor
    param: Tensor | None
    memory: Tree
    last: Tree


class Above(NamedTuple):
    """Level 0's hyperparameters, the levels above, and what has happened to the rates.

    Attributes:
        tuned: raw values of level 0.
        fixed: natural values of level 0.
        levels: states of the levels above 0.
        seen: per level, the first step at which alpha was negative, and the first at which a hyperparameter
            was not finite, 0 for never; int64 [levels, 2].
    """

    tuned: Tree
    fixed: Tree
    levels: StackState
    seen: Tensor
