"""The parts of an optimizer's step as programs, eager or compiled."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from inspect import signature
from typing import Any, NamedTuple

import torch
from torch import Tensor

from hyperopt.optim.arithmetic import Arithmetic
from hyperopt.optim.level import Tree
from hyperopt.optim.torch_private import compile_errors
from hyperopt.optim.vectors import Above

APART = {"isolate_recompiles": True}
"""Programs do not count together how often they were compiled anew, for another type, device or length.

What else torch.compile takes, `recompile_limit` and `dynamic=True`, costs some 10 us at every call.
"""


class Programs(NamedTuple):
    """The parts of `Arithmetic` as they are called."""

    pull: Callable[..., Tree]
    climb: Callable[..., tuple[Above, Tensor]]
    rise: Callable[..., tuple[Above, Tensor]]
    move: Callable[..., None]
    compiled: bool


@cache
def programs(arithmetic: Arithmetic, *, compiled: bool) -> Programs:
    """A program is compiled for the first length that it meets, and at the second for every length."""
    if not compiled:
        return Programs(arithmetic.pull, arithmetic.climb, arithmetic.rise, arithmetic.move, False)
    return Programs(
        _compiled(arithmetic.pull),
        _compiled(arithmetic.climb),
        _compiled(arithmetic.rise),
        _compiled(arithmetic.move),
        True,
    )


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compiled at the first call; where that fails (no C++ compiler), it warns and stays eager."""
    apart: dict[str, Any] = {k: v for k, v in APART.items() if k in signature(torch.compile).parameters}
    program = torch.compile(function, fullgraph=True, **apart)

    def compiled_or_eager(*args: Any) -> Any:
        nonlocal program
        try:
            return program(*args)
        except compile_errors() as error:
            reason = str(error).strip().splitlines()[0]
            warnings.warn(f"the optimizer runs uncompiled: compiling failed ({reason})", stacklevel=2)
            program = function
            return function(*args)

    return compiled_or_eager
