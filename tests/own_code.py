"""Code of one's own, as the pages in docs/ have it, in a folder made for a test."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


def blocks(page: str, language: str) -> list[str]:
    """The blocks of code in a language on a page."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@contextmanager
def own_package(folder: Path, monkeypatch: pytest.MonkeyPatch, **modules: str) -> Iterator[Path]:
    """The current folder with `mypackage` and its modules in it; forgotten afterwards."""
    package = folder / "mypackage"
    package.mkdir()
    (package / "__init__.py").touch()
    for name, text in modules.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.chdir(folder)
    try:
        yield folder
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "mypackage"]:
            del sys.modules[name]
