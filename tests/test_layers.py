"""The layers of docs/architecture.md: each part of the package imports only what stands below it.

`python tests/test_layers.py` draws the imports between the parts, to be compared with the picture there.
"""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "hyperopt"
BLOCK = re.compile(r"```layers\n(.*?)```", re.DOTALL)


def layers() -> dict[str, int]:
    """The height of each part, the lowest line's 0."""
    found = BLOCK.search((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))
    assert found
    lines = reversed(found[1].splitlines())
    return {part: height for height, line in enumerate(lines) for part in line.split()}


def parts() -> dict[str, list[Path]]:
    """The modules of each part, which is a folder or a module of the package."""
    own = [path for path in PACKAGE.iterdir() if path.suffix == ".py" and not path.stem.startswith("__")]
    folders = [path for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()]
    return {path.stem: [path] for path in own} | {path.name: list(path.rglob("*.py")) for path in folders}


def imported(path: Path) -> Iterator[str]:
    """The parts that a module imports, also within functions and for types alone."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "hyperopt":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hyperopt."):
            yield str(node.module).split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (a.name.split(".")[1] for a in node.names if a.name.startswith("hyperopt."))


def test_every_part_has_a_layer() -> None:
    assert layers().keys() == parts().keys()


def test_no_import_goes_up_or_sideways() -> None:
    height = layers()
    wrong = {
        f"{part} imports {other} in {path.relative_to(ROOT)}"
        for part, paths in parts().items()
        for path in paths
        for other in imported(path)
        if other != part and height[other] >= height[part]
    }
    assert wrong == set()


def test_what_is_shown_reads_findings_and_never_records() -> None:
    below = {"errors", "experiments", "findings", "statistics", "wording"}
    for part, also in {"figures": set(), "pages": set(), "site": {"figures", "pages"}}.items():
        assert {other for path in parts()[part] for other in imported(path)} <= below | also | {part}


def modules() -> dict[str, Path]:
    """Every module of the package by its full name."""
    files = {path.relative_to(ROOT).with_suffix(""): path for path in PACKAGE.rglob("*.py")}
    return {".".join(name.parts).removesuffix(".__init__"): path for name, path in files.items()}


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """All that runs: what is imported for types alone is not."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from statements(child)


def test_no_module_imports_itself_through_others() -> None:
    """Also within a part, and within functions, where Python would let it pass."""
    known = modules()
    graph: dict[str, set[str]] = {}
    for name, path in known.items():
        found = list(statements(ast.parse(path.read_text(encoding="utf-8"))))
        pairs = [(n.module, alias.name) for n in found if isinstance(n, ast.ImportFrom) for alias in n.names]
        deep = {f"{module}.{alias}" if f"{module}.{alias}" in known else module for module, alias in pairs}
        graph[name] = {module for module in deep if module in known} - {name}
    assert sum(map(len, graph.values())) > len(known), "imports are found"
    TopologicalSorter(graph).prepare()  # raises a CycleError, which names the circle


def drawing() -> str:
    """The imports between parts as a Mermaid flowchart, without arrows that follow from others."""
    arrows = {
        part: {other for path in paths for other in imported(path)} - {part}
        for part, paths in parts().items()
    }
    below: dict[str, set[str]] = {}
    for part in TopologicalSorter(arrows).static_order():
        below[part] = set().union(arrows[part], *(below[other] for other in arrows[part]))
    direct = {
        (part, other)
        for part, others in arrows.items()
        for other in others
        if not any(other in below[between] for between in others)
    }
    return "\n".join(["flowchart TD", *(f"    {part} --> {other}" for part, other in sorted(direct))])


if __name__ == "__main__":
    print(drawing())
