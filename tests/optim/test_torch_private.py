"""What is private in torch: named in three modules, and what happens where it is missing."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from hyperopt.engine import products, torch_compiler
from hyperopt.engine import torch_private as of_engine
from hyperopt.optim import torch_private

ROOT = Path(__file__).parents[2]
OF_TENSORS = {"_version", "_linear_pointwise"}


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def dotted(node: ast.expr) -> str:
    """`torch.a._b` as text; "" for what is no name of names."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def private_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.Attribute):
            names = [dotted(node)] + [f"torch.{node.attr}"] * (node.attr in OF_TENSORS)
        yield from (n for n in names if n.startswith(("torch.", "F.")) and any(map(private, n.split("."))))


@pytest.mark.parametrize(
    "line",
    [
        "from torch._dynamo import exc",
        "from torch.utils import _pytree as pytree",
        "import torch._inductor.config",
        "torch.ops.mkldnn._linear_pointwise(x)",
        "group['lr']._version",
    ],
)
def test_a_private_name_is_seen(line: str) -> None:
    assert list(private_names(ast.parse(line)))
    assert not list(private_names(ast.parse("import torch; torch.__version__; self._version_of; F.relu")))


def test_vmap_tells_of_an_if_and_of_a_number_as_we_look_for() -> None:
    asks: list[Callable[[Tensor], Tensor]] = [lambda x: x if x > 0 else -x, lambda x: x * x.item()]
    for ask in asks:
        with pytest.raises(RuntimeError) as error:
            torch.func.vmap(ask)(torch.ones(2))
        assert torch_private.is_for_value(error.value)
    with pytest.raises(RuntimeError) as error:
        torch.func.vmap(torch.mm)(torch.ones(2, 3, 4), torch.ones(2, 3, 4))
    assert not torch_private.is_for_value(error.value)


def test_three_modules_alone_name_what_is_private_in_torch() -> None:
    files = [
        p for folder in ("hyperopt", "benchmarks", "tests", "examples") for p in (ROOT / folder).rglob("*.py")
    ]
    found = {str(p.relative_to(ROOT)): set(private_names(ast.parse(p.read_text("utf-8")))) for p in files}
    assert {file: names for file, names in found.items() if names} == {
        str(Path(torch_compiler.__file__).relative_to(ROOT)): {
            "torch._dynamo.package.SourceInfo",
            "torch._inductor.async_compile.AsyncCompile",
            "torch._inductor.codecache.CppPythonBindingsCodeCache",
            "torch._inductor.codecache.torch_key",
            "torch._inductor.codegen.common.pointwise_overrides_data",
            "torch._inductor.codegen.cpp.CppScheduling",
            "torch._inductor.codegen.cpp.TilingSelect",
            "torch._inductor.codegen.wrapper.PythonWrapperCodegen",
            "torch._inductor.config",
            "torch._inductor.cpp_builder.get_cpp_compiler",
            "torch._inductor.cpu_vec_isa.VecISA",
            "torch._inductor.cpu_vec_isa.x86_isa_checker",
            "torch._inductor.dtype_propagation.DtypePropagationOpsHandler",
            "torch._inductor.utils.op_dtype_propagation_rules",
        },
        str(Path(of_engine.__file__).relative_to(ROOT)): {
            "torch._dynamo.config",
            "torch._functorch.config",
            "torch._inductor.config",
            "torch._inductor.cpp_builder.get_cpp_compiler",
            "torch._inductor.runtime.cache_dir_utils.cache_dir",
            "torch._inductor.utils.clear_caches",
            "torch.utils._triton.has_triton",
            "torch._inductor.custom_graph_pass.CustomGraphPass",
            "torch._inductor.custom_graph_pass.get_hash_for_files",
            "torch.ops.mkldnn._linear_pointwise",
            "torch._linear_pointwise",
        },
        str(Path(torch_private.__file__).relative_to(ROOT)): {
            "torch._disable_dynamo",
            "torch._dynamo.exc.FailOnRecompileLimitHit",
            "torch._dynamo.exc.TorchDynamoException",
            "torch._dynamo.maybe_mark_dynamic",
            "torch._foreach_copy_",
            "torch._foreach_sub_",
            "torch._version",
            *(f"torch.utils._pytree.{name}" for name in torch_private.__all__ if name.startswith("tree_")),
        },
    }


def test_a_write_in_place_is_seen() -> None:
    rate = torch.tensor(1.0)
    before = torch_private.version_of(rate)
    rate.mul_(1.0)
    assert torch_private.version_of(rate) > before


def test_without_its_names_compiling_is_as_torch_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert issubclass(torch_private.compile_errors()[0], RuntimeError)
    for name in (
        "torch._dynamo",
        "torch._dynamo.exc",
        "torch._inductor",
        "torch._inductor.custom_graph_pass",
    ):
        monkeypatch.setitem(sys.modules, name, None)
    assert torch_private.compile_errors() == (RuntimeError,)
    of_engine.compile_in_one_thread()
    torch_private.of_any_length([torch.zeros(2)])
    assert of_engine.edits_of(products.by_onednn) == {}


def test_without_its_name_a_function_stays_in_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert torch_private.outside_graphs(len) is not len
    monkeypatch.delattr(torch, "_disable_dynamo")
    assert torch_private.outside_graphs(len) is len


def test_what_fsdp1_has_not_marked_is_not_its() -> None:
    assert not torch_private.is_of_fsdp1(torch.nn.Parameter(torch.zeros(1)))


@pytest.mark.parametrize("there", [True, False])
def test_tensors_are_copied_and_subtracted_one_by_one_too(
    there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not there:
        monkeypatch.delattr(torch, "_foreach_copy_")
        monkeypatch.delattr(torch, "_foreach_sub_")
    targets = [torch.zeros(2), torch.zeros(1)]
    torch_private.copy_each(targets, [torch.tensor([3.0, 4.0]), torch.tensor([5.0])])
    torch_private.subtract_each(targets, [torch.ones(2), torch.ones(1)])
    assert [target.tolist() for target in targets] == [[2, 3], [4]]


def test_without_onednn_products_are_mkls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    products.onednn_is_faster.cache_clear()
    try:
        assert of_engine.onednn_linear() is None
        assert not products.onednn_is_faster()
    finally:
        products.onednn_is_faster.cache_clear()


@pytest.mark.slow
def test_a_program_runs_by_its_edited_graph() -> None:
    def subtract(graph: torch.fx.Graph) -> None:
        [add] = graph.find_nodes(op="call_function", target=torch.ops.aten.add.Tensor)
        add.target = torch.ops.aten.sub.Tensor

    program = torch.compile(lambda x: x + 1, options=of_engine.edits_of(subtract))
    assert program(torch.zeros(3)).tolist() == [-1, -1, -1]
