"""The private names of torch that all use: what each replaces, and what happens where it is missing.

No other modules name one but two of the engine, its `torch_private` and `torch_compiler`, so that a new
release of torch is looked up in these alone. The compiler is imported when it is first needed: it takes as
long to import as all the rest of torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_leaves, tree_map, tree_unflatten

__all__ = [
    "compile_errors",
    "copy_each",
    "is_of_fsdp1",
    "of_any_length",
    "outside_graphs",
    "subtract_each",
    "tree_flatten",
    "tree_leaves",
    "tree_map",
    "tree_unflatten",
    "version_of",
]
Function = TypeVar("Function", bound=Callable[..., Any])
# The functions of trees, torch.utils._pytree, replace recursions of our own over dicts and named tuples, in
# an order that torch keeps from release to release: checkpoints are written in it. Without them this module
# cannot be imported.


def version_of(tensor: Tensor) -> int:
    """How often a tensor was written in place.

    `Tensor._version`, by which autograd notices the same, replaces comparing values, for which a device would
    have to wait. Without it every step of the optimizer fails: no rate that a scheduler wrote is passed over.
    """
    return tensor._version


def copy_each(targets: list[Tensor], sources: list[Tensor]) -> None:
    """Copy tensors into tensors.

    `torch._foreach_copy_`, as torch.optim has it inside, replaces a loop, which on a GPU starts a kernel for
    each tensor. Without it there is that loop.
    """
    if hasattr(torch, "_foreach_copy_"):
        torch._foreach_copy_(targets, sources)
        return
    for target, source in zip(targets, sources, strict=True):
        target.copy_(source)


def subtract_each(targets: list[Tensor], amounts: list[Tensor]) -> None:
    """Subtract tensors from tensors, as `copy_each` copies them, by `torch._foreach_sub_`."""
    if hasattr(torch, "_foreach_sub_"):
        torch._foreach_sub_(targets, amounts)
        return
    for target, amount in zip(targets, amounts, strict=True):
        target.sub_(amount)


def is_of_fsdp1(param: Tensor) -> bool:
    """Whether FullyShardedDataParallel has flattened a parameter, or it is what others were flattened into.

    The attribute `_fsdp_flattened`, by which nested ones tell, replaces asking the module, which an optimizer
    does not know: with `use_orig_params` parameters look as ever. Without it these are not refused.
    """
    return bool(getattr(param, "_fsdp_flattened", False))


def compile_errors() -> tuple[type[Exception], ...]:
    """What a call of a compiled function raises where compiling fails, say for want of a C++ compiler.

    `torch._dynamo.exc.TorchDynamoException`, and `FailOnRecompileLimitHit` beside it, have no public names.
    Without them, the former's base: `RuntimeError`.
    """
    try:
        from torch._dynamo.exc import FailOnRecompileLimitHit, TorchDynamoException
    except ImportError:
        return (RuntimeError,)
    return TorchDynamoException, FailOnRecompileLimitHit


def of_any_length(vectors: Iterable[Tensor]) -> None:
    """Have the compiler make programs that take vectors of other lengths than these, too.

    `torch._dynamo.maybe_mark_dynamic` replaces the argument `dynamic=True` of `torch.compile`, which costs
    time at every call. Without it programs are compiled twice, for the first length and then for any.
    """
    try:
        from torch._dynamo import maybe_mark_dynamic
    except ImportError:
        return
    for vector in vectors:
        maybe_mark_dynamic(vector, 0)


def outside_graphs(function: Function) -> Function:
    """The function, which the compiler leaves out of what it compiles around it, with all that it calls.

    `torch._disable_dynamo`, by which torch.optim does the same, replaces `torch.compiler.disable`, which
    imports the compiler at once rather than at the first call. Without it the function stays what it is.
    """
    if not hasattr(torch, "_disable_dynamo"):
        return function
    return cast("Function", torch._disable_dynamo(function))
