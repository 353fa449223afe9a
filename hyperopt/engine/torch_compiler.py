"""Skips and parallelizes work of torch's compiler, through private names as in `torch_private`.

Only `few_as_many` changes programs. For a step of Adam/SGD that was never compiled before, on two idle cores,
Python took 21 s and now takes 11; g++ took 24 s, 16 of them for what all programs share (docs/speed.md).
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
    """Precompile in a thread what all CPU programs share: the compiler's headers.

    `torch._inductor.codecache.CppPythonBindingsCodeCache` makes them for an empty program, in 7 s if there
    were none, and `torch_key` hashes torch's sources. Called when tracing starts, it saves waiting for them
    once the step's own code is ready. Without these names, that code waits.
    """
    flags_decide()
    few_as_many()
    # Processes that compile for GPUs; torch would also start them for CPU programs.
    os.environ.setdefault("TORCH_WARM_POOL", "0")
    try:
        from torch._inductor.codecache import CppPythonBindingsCodeCache, torch_key
    except ImportError:
        return

    def later(_compiling: Any) -> None:
        """Skip the empty program itself; only the headers are wanted."""

    def prepare() -> None:
        with suppress(Exception):  # the step's own compilation will report the error
            CppPythonBindingsCodeCache.load_pybinding_async([], NOTHING, submit_fn=later)
            torch_key()

    threading.Thread(target=copy_context().run, args=(prepare,), daemon=True).start()


@cache
def flags_decide() -> None:
    """Make the compiler use the vector instructions that this CPU, torch and g++'s flags support.

    The flags replace `torch._inductor.cpu_vec_isa.VecISA.check_build`, which compiles and loads a program for
    each instruction set, 9 s. Without it, or if torch uses fewer: torch's own way.
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
    """Make the compiler compute two or three numbers as it computes more: with vector instructions.

    A hyperparameter is one number per run. Its tanh would come from C for two runs and from Sleef for four,
    whose last bits differ, so a run's rounding would depend on how many train beside it.
    `torch._inductor.codegen.cpp.TilingSelect.select_tiling` makes the choice; without these names it stays
    torch's.
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
    """Return whether a C++ compiler supports flags."""
    command = [compiler, *flags.split(), "-x", "c++", "-E", os.devnull]
    with suppress(OSError):
        return not subprocess.run(command, capture_output=True, check=False).returncode
    return False


@contextmanager
def unhindered() -> Iterator[None]:
    """Compile within this context without torch's repeated work and without garbage collection."""
    rules_once()
    sources_once()
    with without_collecting(), sums_in_registers(), kernels_at_once():
        yield


@contextmanager
def without_collecting() -> Iterator[None]:
    """Disable garbage collection in this context: it slows imports and compiling, which keep objects."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@contextmanager
def sums_in_registers() -> Iterator[None]:
    """Make the compiler add up the chunks of a sum in registers.

    `torch._inductor.codegen.cpp.CppScheduling.define_kernel` receives each kernel's code with our sums in
    place of its own, `CascadeSumHelper`. Without these names: torch's own way.
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
    """Make g++ compile each kernel as soon as its code exists, instead of waiting for the whole program.

    `torch._inductor.codegen.wrapper.PythonWrapperCodegen.define_kernel` receives the code as text;
    `torch._inductor.async_compile.AsyncCompile` compiles it and later finds it in its cache. Without these
    names, or if the compiler may use only one thread, g++ starts after the last kernel.
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
    """Make the compiler set up its dtype rules when they change, not for every operation.

    `torch._inductor.dtype_propagation.DtypePropagationOpsHandler` is a singleton that is reinitialized at
    every access. Without the names that this needs, it stays so.
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
    """Make the compiler look up a function's source once, not for every inlined call.

    `torch._dynamo.package.SourceInfo.add_code` records it in a stored program. Without it: torch's own way.
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
