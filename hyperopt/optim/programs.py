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

LIMITS = {"recompile_limit": 64, "isolate_recompiles": True}
"""A program is compiled anew for each type and device (older torch has its own limits)."""


class Programs(NamedTuple):
    """The parts of `Arithmetic` as they are called."""

    pull: Callable[..., Tree]
    climb: Callable[..., tuple[Above, Tensor]]
    rise: Callable[..., tuple[Above, Tensor]]
    move: Callable[..., None]
    compiled: bool


@cache
def programs(arithmetic: Arithmetic, *, compiled: bool) -> Programs:
    """One program serves vectors of every length."""
    if not compiled:
        return Programs(arithmetic.pull, arithmetic.climb, arithmetic.rise, arithmetic.move, False)
    return Programs(
        _compiled(arithmetic.pull, dynamic=True),
        _compiled(arithmetic.climb, dynamic=None),
        _compiled(arithmetic.rise, dynamic=True),
        _compiled(arithmetic.move, dynamic=True),
        True,
    )


def _compiled(function: Callable[..., Any], *, dynamic: bool | None) -> Callable[..., Any]:
    """Compiled at the first call; where that fails (no C++ compiler), it warns and stays eager."""
    limits: dict[str, Any] = {k: v for k, v in LIMITS.items() if k in signature(torch.compile).parameters}
    program = torch.compile(function, fullgraph=True, dynamic=dynamic, **limits)

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
