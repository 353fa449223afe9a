"""What a refusal is: a sentence on standard error, the exit code of bad input, and nothing written."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from hyperopt.cli import main


def assert_refused(line: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Check that a command line, without the name of the command, is refused in a sentence that says this."""
    before = sorted(Path().iterdir())
    assert main(shlex.split(line)) == 2
    told = capsys.readouterr()
    assert says in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""
    assert sorted(Path().iterdir()) == before


def refusals(*cases: tuple[str, str]) -> Callable[..., None]:
    """The test that each of some command lines is refused in a sentence that says what stands beside it."""

    @pytest.mark.parametrize(("line", "says"), cases)
    def test(line: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert_refused(line, says, capsys)

    return test
