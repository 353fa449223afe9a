"""The private names of torch in common use here: what each replaces, and what happens without it.

Only two other modules use private names, `torch_private` and `torch_compiler` of the engine, so a new release
of torch needs checking in these alone. The compiler is imported when it is first needed: that takes as long
as importing all the rest of torch.
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
    "is_for_value",
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
# torch.utils._pytree replaces our own recursion over dicts and named tuples. Its order is stable over
# releases of torch: checkpoints are written in it. Without it this module cannot be imported.


def version_of(tensor: Tensor) -> int:
    """The number of in-place writes to a tensor.

    `Tensor._version`, which autograd uses for the same, replaces comparing values, for which a device would
    have to wait. Without it every step of the optimizer fails, rather than ignore a rate that was written.
    """
    return tensor._version


def copy_each(targets: list[Tensor], sources: list[Tensor]) -> None:
    """Copy tensors into tensors.

    `torch._foreach_copy_`, which torch.optim also uses, replaces a loop, which on a GPU starts a kernel for
    each tensor. Without it the loop is used.
    """
    if hasattr(torch, "_foreach_copy_"):
        torch._foreach_copy_(targets, sources)
        return
    for target, source in zip(targets, sources, strict=True):
        target.copy_(source)


def subtract_each(targets: list[Tensor], amounts: list[Tensor]) -> None:
    """Subtract tensors from tensors with `torch._foreach_sub_`, as `copy_each` copies them."""
    if hasattr(torch, "_foreach_sub_"):
        torch._foreach_sub_(targets, amounts)
        return
    for target, amount in zip(targets, amounts, strict=True):
        target.sub_(amount)


def is_of_fsdp1(param: Tensor) -> bool:
    """Whether FullyShardedDataParallel flattened a parameter, or flattened others into it.

    The attribute `_fsdp_flattened`, which nested FSDP modules use, replaces asking the module, which an
    optimizer does not know: with `use_orig_params` parameters look as usual. Without it they are not refused.
    """
    return bool(getattr(param, "_fsdp_flattened", False))


def is_for_value(error: RuntimeError) -> bool:
    """Whether `vmap` refused to give Python the value of a tensor, for an `if` or for `item()`.

    The error has no class of its own, so this looks for the start of its text. Without it the error is shown
    as torch words it.
    """
    return str(error).startswith("vmap: It looks like you're")


def compile_errors() -> tuple[type[Exception], ...]:
    """The errors of a call of a compiled function if compiling fails, for example without a C++ compiler.

    `torch._dynamo.exc.TorchDynamoException`, and `FailOnRecompileLimitHit` beside it, have no public names.
    Without them it is the base of the former, `RuntimeError`.
    """
    try:
        from torch._dynamo.exc import FailOnRecompileLimitHit, TorchDynamoException
    except ImportError:
        return (RuntimeError,)
    return TorchDynamoException, FailOnRecompileLimitHit


def of_any_length(vectors: Iterable[Tensor]) -> None:
    """Let the compiler make programs that also take vectors of other lengths.

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
    """The function, excluded from compilation with all that it calls when the compiler meets it.

    `torch._disable_dynamo`, which torch.optim uses for the same, replaces `torch.compiler.disable`, which
    imports the compiler at once rather than at the first call. Without it the function is unchanged.
    """
    if not hasattr(torch, "_disable_dynamo"):
        return function
    return cast("Function", torch._disable_dynamo(function))
