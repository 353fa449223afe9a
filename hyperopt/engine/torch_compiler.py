"""What torch's compiler need not do, and what it can do meanwhile: by private names, as in `torch_private`.

None of this changes a program, but for `few_as_many`. Of a step of Adam/SGD that was never compiled before,
on two cores at rest, Python took 21 s and takes 11, and g++ 24 s of which 16 were for what all programs share
(docs/speed.md).
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from contextvars import copy_context
from functools import cache
from math import prod
from types import CodeType
from typing import Any

import torch

from hyperopt.engine.cpp_sums import in_registers

NOTHING = 'extern "C" void kernel() {}'


def prepare_compiler() -> None:
    """Have the compiler make, in a thread, what all programs for a CPU share: its precompiled headers.

    `torch._inductor.codecache.CppPythonBindingsCodeCache` makes them for a program of nothing, 7 s where
    there were none, and `torch_key` hashes torch's sources; called as a step begins to be traced, it replaces
    waiting for them once the step's own code is there. Without them that is waited for.
    """
    flags_decide()
    few_as_many()
    # Processes that compile for GPUs: torch would start them for a program of a CPU too.
    os.environ.setdefault("TORCH_WARM_POOL", "0")
    try:
        from torch._inductor.codecache import CppPythonBindingsCodeCache, torch_key
    except ImportError:
        return

    def later(_compiling: Any) -> None:
        """Of a program of nothing only the headers are wanted."""

    def prepare() -> None:
        with suppress(Exception):  # what is wrong here goes wrong with the step, and is told then
            CppPythonBindingsCodeCache.load_pybinding_async([], NOTHING, submit_fn=later)
            torch_key()

    threading.Thread(target=copy_context().run, args=(prepare,), daemon=True).start()


@cache
def flags_decide() -> None:
    """Have the compiler use the vector instructions of this CPU that torch itself uses and g++ has flags for.

    The flags replace what `torch._inductor.cpu_vec_isa.VecISA.check_build` does, which compiles and loads a
    program for each kind of instructions, 9 s. Without it, and where torch uses fewer: as torch does it.
    """
    try:
        from torch._inductor.cpp_builder import get_cpp_compiler
        from torch._inductor.cpu_vec_isa import VecISA, x86_isa_checker
    except ImportError:
        return
    there = x86_isa_checker()
    usual = "AVX512" if "avx512" in there else "AVX2"
    if sys.platform != "linux" or not there or torch.backends.cpu.get_cpu_capability() != usual:
        return

    def has_flags(kind: VecISA, _program: str) -> bool:
        return knows(get_cpp_compiler(), kind.build_arch_flags())

    _replace(VecISA, "check_build", has_flags)


@cache
def few_as_many() -> None:
    """Have the compiler compute two or three numbers as it computes more: by instructions for vectors.

    A hyperparameter is one number a run. The tanh of those of two runs would be C's and that of four runs
    Sleef's, whose last bits differ, and a run would be rounded by how many train beside it. The choice is
    that of `torch._inductor.codegen.cpp.TilingSelect.select_tiling`; without these names it stays torch's.
    """
    try:
        from torch._inductor import config
        from torch._inductor.codegen.cpp import TilingSelect
    except ImportError:
        return
    select: Any = TilingSelect.select_tiling

    def select_tiling(selecting: Any, kernels: Any, sizes: Any) -> Any:
        few = all(not summed and prod(numbers) in (2, 3) for numbers, summed in sizes)
        with config.patch({"cpp.enable_tiling_heuristics": False}) if few else nullcontext():
            return select(selecting, kernels, sizes)

    _replace(TilingSelect, "select_tiling", select_tiling)


@cache
def knows(compiler: str, flags: str) -> bool:
    """Whether a C++ compiler knows flags."""
    command = [compiler, *flags.split(), "-x", "c++", "-E", os.devnull]
    with suppress(OSError):
        return not subprocess.run(command, capture_output=True, check=False).returncode
    return False


@contextmanager
def unhindered() -> Iterator[None]:
    """Compile inside, without what torch does again and again, and without looking for garbage."""
    rules_once()
    sources_once()
    with without_collecting(), sums_in_registers(), kernels_at_once():
        yield


@contextmanager
def without_collecting() -> Iterator[None]:
    """Import or compile inside: what makes many objects that stay is slowed by looking for garbage."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@contextmanager
def sums_in_registers() -> Iterator[None]:
    """Have the compiler add up the chunks of a sum in registers.

    `torch._inductor.codegen.cpp.CppScheduling.define_kernel` is given the code of each kernel with a sum of
    our kind in place of its own, `CascadeSumHelper`. Without these names: as torch does it.
    """
    try:
        from torch._inductor.codegen.cpp import CppScheduling
    except ImportError:
        yield
        return
    define: Any = CppScheduling.define_kernel

    def define_kernel(scheduling: Any, code: str, *others: Any) -> Any:
        return define(scheduling, in_registers(code), *others)

    _replace(CppScheduling, "define_kernel", define_kernel)
    try:
        yield
    finally:
        _replace(CppScheduling, "define_kernel", define)


@contextmanager
def kernels_at_once() -> Iterator[None]:
    """Have g++ begin with a kernel as soon as its code is there, not once that of the whole program is.

    `torch._inductor.codegen.wrapper.PythonWrapperCodegen.define_kernel` is told of it, by text that
    `torch._inductor.async_compile.AsyncCompile` carries out, and finds again in its cache. Without them, and
    where the compiler is to have one thread, it begins with the last.
    """
    try:
        from torch._inductor import config
        from torch._inductor.async_compile import AsyncCompile
        from torch._inductor.codegen.wrapper import PythonWrapperCodegen as Wrapper
    except ImportError:
        yield
        return
    if (config.compile_threads or 1) < 2:
        yield
        return
    define = Wrapper.define_kernel

    def begin(code: str) -> None:
        with suppress(Exception):  # as in prepare_compiler
            eval(code, {"async_compile": AsyncCompile()})

    def define_and_begin(wrapper: Any, name: str, code: str, *others: Any, **named: Any) -> Any:
        if code.startswith("async_compile.cpp_pybinding("):
            behind.submit(copy_context().run, begin, code)
        return define(wrapper, name, code, *others, **named)

    with ThreadPoolExecutor(1) as behind:  # a thread: the headers may have to be waited for
        _replace(Wrapper, "define_kernel", define_and_begin)
        try:
            yield
        finally:
            _replace(Wrapper, "define_kernel", define)


@cache
def rules_once() -> None:
    """Have the compiler set up its rules of dtypes where there are new ones, not for every operation.

    `torch._inductor.dtype_propagation.DtypePropagationOpsHandler` is one object, which is initialized
    whenever it is asked for. Without the names that this needs it stays so.
    """
    try:
        from torch._inductor.codegen.common import pointwise_overrides_data
        from torch._inductor.dtype_propagation import DtypePropagationOpsHandler as Rules
        from torch._inductor.utils import op_dtype_propagation_rules
    except ImportError:
        return
    initialize, known = Rules.__init__, 0

    def where_new(handler: Any) -> None:
        nonlocal known
        if (rules := len(op_dtype_propagation_rules) + len(pointwise_overrides_data)) != known:
            initialize(handler)
            known = rules

    _replace(Rules, "__init__", where_new)


@cache
def sources_once() -> None:
    """Have the compiler find the source of a function once, not for every call that it inlines.

    `torch._dynamo.package.SourceInfo.add_code` notes it in what is kept of a program. Without it: as torch
    does it.
    """
    try:
        from torch._dynamo.package import SourceInfo
    except ImportError:
        return
    add = SourceInfo.add_code

    @cache
    def sources(code: CodeType) -> frozenset[Any]:
        info = SourceInfo(set())
        add(info, code)
        return frozenset(info.inlined_sources)

    def add_code(info: SourceInfo, code: CodeType) -> None:
        info.inlined_sources.update(sources(code))

    _replace(SourceInfo, "add_code", add_code)


def _replace(of: type, name: str, method: Any) -> None:
    setattr(of, name, method)
