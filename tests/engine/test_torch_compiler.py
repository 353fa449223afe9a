"""What the compiler is spared changes nothing; where torch is another, all is as it has it."""

from __future__ import annotations

import gc
import importlib
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from hyperopt.engine import torch_compiler
from hyperopt.engine.torch_private import compiler_missing

CACHED = (
    torch_compiler.few_as_many,
    torch_compiler.flags_decide,
    torch_compiler.rules_once,
    torch_compiler.sources_once,
)
METHODS = {
    "_inductor.cpu_vec_isa.VecISA": "check_build",
    "_inductor.dtype_propagation.DtypePropagationOpsHandler": "__init__",
    "_inductor.codegen.cpp.TilingSelect": "select_tiling",
    "_dynamo.package.SourceInfo": "add_code",
    "_inductor.codegen.wrapper.PythonWrapperCodegen": "define_kernel",
    "_inductor.async_compile.AsyncCompile": "cpp_pybinding",
}

needs_compiler = pytest.mark.skipif(bool(compiler_missing("cpu")), reason="there is no C++ compiler")


def of_torch(name: str) -> Any:
    """A class of torch by its private name."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(f"torch.{module}"), attribute)


@pytest.fixture(autouse=True)
def as_torch_is() -> Iterator[None]:
    """Torch's methods are put back after each test, and replaced anew in the next, and in those of others."""
    before = {name: getattr(of_torch(name), method) for name, method in METHODS.items()}
    for function in CACHED:
        function.cache_clear()
    yield
    for name, method in METHODS.items():
        setattr(of_torch(name), method, before[name])
    for function in CACHED:
        function.cache_clear()


@needs_compiler
def test_a_compiler_has_the_flags_that_it_knows() -> None:
    assert torch_compiler.knows("c++", "")
    assert not torch_compiler.knows("c++", "-mno-such-instructions")
    assert not torch_compiler.knows("no such compiler", "")


@needs_compiler
@pytest.mark.slow
def test_flags_choose_the_instructions_that_torch_chooses() -> None:
    choose = of_torch("_inductor.cpu_vec_isa.valid_vec_isa_list").__wrapped__
    kinds = of_torch("_inductor.cpu_vec_isa.VecISA").__subclasses__()

    def chosen() -> list[str]:
        for kind in kinds:
            for function in vars(kind).values():
                getattr(function, "cache_clear", int)()
        of_torch("_inductor.cpu_vec_isa.VecISA")._VecISA__bool__impl.cache_clear()
        return [str(kind) for kind in choose()]

    by_torch = chosen()
    torch_compiler.flags_decide()
    assert chosen() == by_torch


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("few", [2, 3])
def test_few_numbers_are_rounded_as_many_are(
    few: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    torch_compiler.few_as_many()
    torch.compiler.reset()
    program = torch.compile(lambda x: x.tanh() / 2, dynamic=False)
    numbers = torch.linspace(-3, 3, 600)
    of_few = torch.cat([program(part) for part in numbers.split(few)])
    assert torch.equal(of_few, program(numbers))


def test_a_rule_of_dtypes_that_comes_later_is_known() -> None:
    rules = of_torch("_inductor.dtype_propagation.DtypePropagationOpsHandler")
    importlib.import_module("torch._inductor.lowering")  # which has them
    of_operations = of_torch("_inductor.utils.op_dtype_propagation_rules")
    torch_compiler.rules_once()
    name, rule = next(iter(of_operations.items()))
    known = vars(rules())[name]
    assert vars(rules())[name] is known
    of_operations["a new one"] = rule
    try:
        assert "a new one" in vars(rules())
    finally:
        del of_operations["a new one"]
        del vars(rules())["a new one"]


def test_the_sources_of_functions_are_those_that_torch_finds() -> None:
    found = of_torch("_dynamo.package.SourceInfo")
    functions = (
        test_a_compiler_has_the_flags_that_it_knows,
        of_torch,
        of_torch,
        torch_compiler.knows.__wrapped__,
    )
    by_torch, ours = found(set()), found(set())
    for function in functions:
        by_torch.add_code(function.__code__)
    torch_compiler.sources_once()
    for function in functions:
        ours.add_code(function.__code__)
    assert ours == by_torch
    assert len(ours.inlined_sources) == 3


@needs_compiler
@pytest.mark.slow
def test_a_kernel_that_was_begun_is_the_one_that_the_program_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    of_compiler = of_torch("_inductor.async_compile.AsyncCompile")
    asked: Counter[tuple[str, ...]] = Counter()
    usual = of_compiler.cpp_pybinding

    def counted(self: object, types: list[str], code: str) -> Any:
        asked[(*types, code)] += 1
        return usual(self, types, code)

    monkeypatch.setattr(of_compiler, "cpp_pybinding", counted)
    define = of_torch("_inductor.codegen.wrapper.PythonWrapperCodegen").define_kernel
    x = torch.arange(6.0).view(2, 3)
    with of_torch("_inductor.config").patch(compile_threads=2), torch_compiler.unhindered():
        assert not gc.isenabled()
        torch.testing.assert_close(torch.compile(lambda x: x.sin() @ x.T + 1)(x), x.sin() @ x.T + 1)
    assert gc.isenabled()
    assert of_torch("_inductor.codegen.wrapper.PythonWrapperCodegen").define_kernel is define
    assert asked
    assert {*asked.values()} == {2}


def test_without_its_names_compiling_is_as_torch_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: getattr(of_torch(name), method) for name, method in METHODS.items()}
    for name in [name for name in sys.modules if name.startswith(("torch._inductor", "torch._dynamo"))]:
        monkeypatch.setitem(sys.modules, name, None)
    torch_compiler.prepare_compiler()
    with torch_compiler.unhindered():
        pass
    monkeypatch.undo()
    assert {name: getattr(of_torch(name), method) for name, method in METHODS.items()} == before
