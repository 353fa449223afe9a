"""The private names of torch that the package uses: what each replaces, and what happens where it is missing.

No other module but `torch_compiler` names one, so that a new release of torch is looked up in these alone.
The compiler is imported when it is first needed: it takes as long to import as all the rest of torch.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from inspect import getfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_leaves, tree_map, tree_unflatten

from hyperopt.optim import torch_compiler

if TYPE_CHECKING:
    from torch.fx import Graph

__all__ = [
    "compile_errors",
    "compile_in_one_thread",
    "compiler_cache",
    "compiler_missing",
    "compiler_settings",
    "copy_each",
    "edits_of",
    "is_of_fsdp1",
    "new_compiler_cache",
    "of_any_length",
    "onednn_linear",
    "subtract_each",
    "tree_flatten",
    "tree_leaves",
    "tree_map",
    "tree_unflatten",
    "version_of",
]
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


def compiler_missing(device: str) -> str:
    """Why nothing can be compiled for a device on this machine; "" where it can.

    `torch._inductor.cpp_builder.get_cpp_compiler` and `torch.utils._triton.has_triton`, by which the compiler
    itself looks, replace looking for compilers of our own. Without them: "", and compiling fails.
    """
    try:
        from torch._inductor.cpp_builder import get_cpp_compiler
        from torch.utils._triton import has_triton
    except ImportError:
        return ""
    if device == "cuda" and not has_triton():
        return "there is no Triton"
    try:
        get_cpp_compiler()
    except RuntimeError as error:
        return str(error)
    return ""


def compiler_cache() -> Path | None:
    """Where the compiler keeps its programs, and ours of it lie too, so that they come and go together.

    `torch._inductor.runtime.cache_dir_utils.cache_dir` replaces a guess from TORCHINDUCTOR_CACHE_DIR and the
    user's name. Without it: None, and no program outlives its process.
    """
    try:
        from torch._inductor.runtime.cache_dir_utils import cache_dir
    except ImportError:
        return None
    return Path(cache_dir())


def compiler_settings() -> str:
    """A text that is another wherever a setting of the compiler is that may change a program.

    `save_config_portable` of torch's modules of settings, of which torch makes the keys of its own cache,
    replaces naming those that matter. Without it: an error, and no program is kept.
    """
    from torch._dynamo import config as tracing
    from torch._functorch import config as derivatives
    from torch._inductor import config as code

    settings: list[tuple[str, Any]] = []
    for module in (tracing, derivatives, code):
        settings += sorted(module.save_config_portable().items())
    return repr(
        [(key, sorted(value, key=str) if isinstance(value, set) else value) for key, value in settings]
    )


def new_compiler_cache() -> Path | None:
    """Have the compiler forget its programs and keep new ones in a new folder; where the old ones lie.

    `torch._inductor.utils.clear_caches` and the variable TORCHINDUCTOR_CACHE_DIR, of which torch makes its
    own `fresh_cache`, replace nothing: there is no public way. Without them: None, and the cache stays.
    """
    try:
        from torch._inductor.utils import clear_caches
    except ImportError:
        return None
    if (before := compiler_cache()) is None:
        return None
    torch.compiler.reset()
    clear_caches()
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = tempfile.mkdtemp(prefix=f"{before.name}-", dir=before.parent)
    return before


def compile_in_one_thread() -> None:
    """Have the compiler start no processes of its own: there is a worker for every core.

    `torch._inductor.config.compile_threads` replaces the variable TORCHINDUCTOR_COMPILE_THREADS, which is
    read once, when the compiler is imported. Without it torch starts as many processes as it likes.
    """
    try:
        from torch._inductor import config
    except ImportError:
        return
    if hasattr(config, "compile_threads"):
        config.compile_threads = 1


def edits_of(*edits: Callable[[Graph], None]) -> dict[str, Any]:
    """Options of `torch.compile` that have functions change a program's graph before code is made of it.

    Programs are compiled anew where a file that defines one, or `torch_compiler`, has changed.

    `torch._inductor.custom_graph_pass.CustomGraphPass`, and the option that takes one, replace a compiler
    backend of our own. Without it there are no options, and programs are as torch compiles them.
    """
    try:
        from torch._inductor.custom_graph_pass import CustomGraphPass, get_hash_for_files
    except ImportError:
        return {}

    class Edit(CustomGraphPass):
        def __call__(self, graph: Graph) -> None:
            for edit in edits:
                edit(graph)

        def uuid(self) -> Any:
            return get_hash_for_files((torch_compiler.__file__, *(getfile(edit) for edit in edits)))

    return {"post_grad_custom_post_pass": Edit()}


def onednn_linear() -> Callable[[Tensor, Tensor], Tensor] | None:
    """X @ w.T by oneDNN, of matrices on a CPU; None where this torch does not have it.

    `torch.ops.mkldnn._linear_pointwise` is the one way to oneDNN's product that leaves a parameter as it is:
    `torch.utils.mkldnn` needs modules made over. Without it products are MKL's.
    """
    if not torch.backends.mkldnn.is_available() or not hasattr(torch.ops.mkldnn, "_linear_pointwise"):  # type: ignore[no-untyped-call]
        return None
    linear = torch.ops.mkldnn._linear_pointwise
    return lambda x, w: linear(x, w, None, "none", [], "")
