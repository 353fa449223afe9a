"""The layers of docs/architecture.md: each part of the package imports only what stands below it."""

import ast
import re
from collections.abc import Iterator
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
