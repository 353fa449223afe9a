"""docs/tour.md is run, command by command, and prints what it says; as a script this writes it anew.

Numbers, and what is drawn with letters, may differ between machines: the rest is compared.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
from pathlib import Path

import pytest

from hyperopt.cli import main

TOUR = Path(__file__).parents[1] / "docs" / "tour.md"
CONSOLE = re.compile(r"^````console\n(.*?)^````$", re.DOTALL | re.MULTILINE)
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
DRAWN = re.compile(r"[┌┐└┘│┤┬─⠀-⣿]")
HEAD, TAIL = 12, 4
"""So many lines of a long output are shown."""


def printed(command: str) -> str:
    """What a command prints at a terminal, progress apart; `> FILE` is what a shell makes of it."""
    words = shlex.split(command)
    to = words.pop() if ">" in words else ""
    words = [word for word in words if word != ">"]
    workers = ["workers=1"] if words[1] in ("run", "tables") and "--cfg" not in words else []
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = main([*words[1:], *workers])
    assert code == (1 if words[1] == "rm" and "--yes" not in words else 0), command
    text = out.getvalue()
    if to:
        Path(to).write_text(text, encoding="utf-8")
        return ""
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    drawn = any(map(DRAWN.search, lines))
    if len(lines) > HEAD + TAIL + 3 and not drawn:
        lines = [*lines[:HEAD], "...", *lines[-TAIL:]]
    return "\n".join(lines)


def evaluated(code: str) -> None:
    """Run Python, which has to go well."""
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code, {})


def played(text: str) -> str:
    """The tour with the outputs of its commands, run in this folder in the order in which they stand."""

    def block(match: re.Match[str]) -> str:
        commands = [line[2:] for line in match[1].splitlines() if line.startswith("$ ")]
        told = [f"$ {command}\n{printed(command)}".rstrip() for command in commands]
        return "````console\n" + "\n".join(told) + "\n````"

    before, python, after = PYTHON.split(text)
    first = CONSOLE.sub(block, before)
    evaluated(python)
    return f"{first}```python\n{python}```{CONSOLE.sub(block, after)}"


def without_numbers(text: str) -> str:
    """A tour without what differs between machines: numbers, widths of columns, drawings, where docs lie."""
    lines = (
        re.sub(r"\]\(\S*/docs/", "](docs/", line) for line in text.splitlines() if not DRAWN.search(line)
    )
    masked = (re.sub(r"[-+]?\d[\d.,]*(e[-+]?\d+)?", "#", line) for line in lines)
    return "\n".join(re.sub(r"[ -]+", " ", line).strip() for line in masked)


def test_the_tour_prints_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPEROPT_HOME", "runs")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    written = TOUR.read_text(encoding="utf-8")
    assert without_numbers(played(written)) == without_numbers(written)
    assert all((tmp_path / name).stat().st_size > 10_000 for name in ("learned.png", "steps.png"))
    assert (tmp_path / "numbers" / "runs.csv").is_file()
    assert (tmp_path / "mine" / "results" / "mine" / "first.md").is_file()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        os.environ.update(HYPEROPT_HOME="runs", COLUMNS="100")
        anew = re.sub(r"\]\(\S*/docs/", "](../../docs/", played(TOUR.read_text(encoding="utf-8")))
        TOUR.write_text(anew, encoding="utf-8")
    sys.exit(0)
