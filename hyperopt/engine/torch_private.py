"""The private names of torch that the engine alone uses, as `hyperopt.optim.torch_private` has those of all.

They are the compiler's, of which `torch_compiler` has more, and that of oneDNN's product.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from inspect import getfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from hyperopt.engine import torch_compiler

if TYPE_CHECKING:
    from torch.fx import Graph


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
