"""The parts of an optimizer's step as programs, eager or compiled."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache, partial
from inspect import signature
from typing import Any, NamedTuple

import torch
from torch import Tensor

from hyperopt.optim.arithmetic import Arithmetic
from hyperopt.optim.level import Tree
from hyperopt.optim.torch_private import (
    compile_errors,
    copy_each,
    tree_flatten,
    tree_leaves,
    tree_map,
    tree_unflatten,
)
from hyperopt.optim.vectors import Above, Vectors, Written, as_it_is

APART = {"isolate_recompiles": True}
"""Each program counts its own recompilations, for another type, device or length.

The alternatives in torch.compile, `recompile_limit` and `dynamic=True`, cost some 10 us at every call.
"""


class Programs(NamedTuple):
    """The parts of `Arithmetic`, ready to be called.

    Attributes:
        whole: makes the compiled whole step on a flat list of tensors, from its structure; None if eager.
    """

    pull: Callable[..., Tree]
    climb: Callable[..., tuple[Above, Tensor]]
    move: Callable[..., None]
    whole: Callable[[Any], Callable[..., tuple[Tensor, ...]]] | None = None


@cache
def programs(arithmetic: Arithmetic, *, compiled: bool) -> Programs:
    """The programs. Each is compiled for the first length it meets, and at the second for every length."""
    pull, climb, move = arithmetic.pull, arithmetic.climb, arithmetic.move
    if not compiled:
        return Programs(pull, climb, move)
    return Programs(_compiled(pull), _compiled(climb), _compiled(move), cache(partial(_whole, arithmetic)))


class Whole:
    """A step of all parameters as one compiled program, which takes the same tensors every time.

    Args:
        run_by: the compiled programs of `arithmetic`.
        arithmetic: of their updates.
        vectors: of all parameters.
        above: the hyperparameters and the levels above, which are copied.

    Attributes:
        above: their current values; a step changes them in place.
    """

    def __init__(self, run_by: Programs, arithmetic: Arithmetic, vectors: Vectors, above: Above) -> None:
        assert run_by.whole
        self.above: Above = tree_map(torch.clone, above)
        self.vectors = vectors
        like = above.like
        self._names = list(arithmetic.bottom.rule.hyperparameters)
        values = like.new_zeros(len(self._names))
        self._written = Written(values, torch.zeros_like(values, dtype=torch.bool))
        self._counts = like.new_zeros(()), like.new_zeros(()), like.new_zeros(())
        self._shares, self._shares_now = (like.new_ones(()), like.new_ones(())), (1.0, 1.0)
        parts = {name: part for name, part in vectors._asdict().items() if part is not None}
        taken = self.above, self._written, parts, self._counts, self._shares
        self._tensors, structure = tree_flatten(taken)
        self._program = run_by.whole(structure)
        self._is_written = False

    def __call__(self, written: Tree, counts: tuple[int, int, int], shares: tuple[float, float]) -> Tensor:
        """Take the step.

        Args:
            written: as in `Arithmetic.climb`.
            counts: of updates of the parameters, of steps, and of steps of the levels above, each including
                the next one.
            shares: as in `Arithmetic.whole`.

        Returns:
            All natural values of level 0, as in `Arithmetic.climb`.
        """
        if written or self._is_written:
            self._is_written = bool(written)
            for i, name in enumerate(self._names):
                self._written.there[i] = name in written
                if name in written:
                    self._written.values[i] = written[name]
        if shares != self._shares_now:
            self._shares_now = shares
            for tensor, share in zip(self._shares, shares, strict=True):
                tensor.fill_(share)
        for tensor, count in zip(self._counts, counts, strict=True):
            tensor.fill_(count)
        natural, *after = self._program(*self._tensors)
        copy_each(self._tensors[: len(after)], after)
        return natural


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, compiled at its first call; if that fails (no C++ compiler), it warns and stays eager."""
    program = torch.compile(function, fullgraph=True, **_apart())

    def compiled_or_eager(*args: Any) -> Any:
        nonlocal program
        try:
            return program(*args)
        except compile_errors() as error:
            warn_uncompiled(error)
            program = function
            return function(*args)

    return compiled_or_eager


def _whole(arithmetic: Arithmetic, structure: Any) -> Callable[..., tuple[Tensor, ...]]:
    """`Arithmetic.whole`, compiled, on a flat list of tensors, which `structure` describes.

    It returns the natural values of level 0, followed by the tensors of the state above.
    """

    def whole(*tensors: Tensor) -> tuple[Tensor, ...]:
        above, written, parts, (count, step, climbs), shares = tree_unflatten(tensors, structure)
        vectors = Vectors(parts["grad"], parts.get("param"), parts["memory"], parts["last"])
        after, natural = arithmetic.whole(above, written, vectors, count, step, climbs, shares)
        # Not copied here: torch 2.11 loses writes to tensors without dimensions.
        return natural, *(as_it_is(value, step) for value in tree_leaves(after))

    apart = _apart()
    filter_ = getattr(torch.compiler, "keep_portable_guards_unsafe", None)
    if apart and filter_:
        # Values that are not tensors are the same at every call of this program, so they need no guards.
        apart["options"] = {"guard_filter_fn": filter_}
    return torch.compile(whole, fullgraph=True, **apart)


def _apart() -> dict[str, Any]:
    return {k: v for k, v in APART.items() if k in signature(torch.compile).parameters}


def warn_uncompiled(error: Exception) -> None:
    """Warn that compiling failed."""
    reason = str(error).strip().splitlines()[0]
    warnings.warn(f"the optimizer runs uncompiled: compiling failed ({reason})", stacklevel=3)
