"""Private torch names used only by the engine; `hyperopt.optim.torch_private` has the shared ones.

They belong to the compiler, of which `torch_compiler` uses more, and to oneDNN's product.
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
    """Return why compiling for a device is impossible on this machine; "" if it is possible.

    `torch._inductor.cpp_builder.get_cpp_compiler` and `torch.utils._triton.has_triton`, the compiler's own
    checks, replace our own search for compilers. Without them: "", and compiling fails.
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
    """Return the compiler's cache folder, which also has our programs, so that both are deleted together.

    `torch._inductor.runtime.cache_dir_utils.cache_dir` replaces a guess from TORCHINDUCTOR_CACHE_DIR and the
    user's name. Without it: None, and programs are not stored.
    """
    try:
        from torch._inductor.runtime.cache_dir_utils import cache_dir
    except ImportError:
        return None
    return Path(cache_dir())


def compiler_settings() -> str:
    """Return a text that differs whenever a compiler setting differs that may change a program.

    `save_config_portable` of torch's settings modules, which torch uses for its own cache keys, replaces
    listing the relevant settings. Without it: an error, and no program is stored.
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
    """Make the compiler forget its programs and use a new cache folder; return the old folder.

    `torch._inductor.utils.clear_caches` and the variable TORCHINDUCTOR_CACHE_DIR, with which torch builds its
    own `fresh_cache`, have no public alternative. Without them: None, and the cache stays.
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
    """Stop the compiler from starting processes: there is already a worker for every core.

    `torch._inductor.config.compile_threads` replaces the variable TORCHINDUCTOR_COMPILE_THREADS, which is
    read only once, when the compiler is imported. Without it torch starts as many processes as it likes.
    """
    try:
        from torch._inductor import config
    except ImportError:
        return
    if hasattr(config, "compile_threads"):
        config.compile_threads = 1


def edits_of(*edits: Callable[[Graph], None]) -> dict[str, Any]:
    """Return options of `torch.compile` that apply functions to a program's graph before code generation.

    Programs are recompiled if a file that defines one of the functions, or `torch_compiler`, has changed.

    `torch._inductor.custom_graph_pass.CustomGraphPass`, and the option that takes one, replace our own
    compiler backend. Without it there are no options, and torch compiles programs unchanged.
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
    """Return X @ w.T of CPU matrices, computed by oneDNN; None if this torch does not have it.

    `torch.ops.mkldnn._linear_pointwise` is the only access to oneDNN's product that leaves parameters
    unchanged: `torch.utils.mkldnn` needs converted modules. Without it, MKL computes products.
    """
    if not torch.backends.mkldnn.is_available() or not hasattr(torch.ops.mkldnn, "_linear_pointwise"):  # type: ignore[no-untyped-call]
        return None
    linear = torch.ops.mkldnn._linear_pointwise
    return lambda x, w: linear(x, w, None, "none", [], "")
