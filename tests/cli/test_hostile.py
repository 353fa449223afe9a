"""No command line makes a traceback, leaves anything behind, or executes what it holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile import command_lines, outcome

LINES = 120
"""Of the thousand that `python tests/hostile.py` tries, which takes a minute."""


@pytest.mark.parametrize("seed", range(4))
def test_a_hostile_command_line_is_refused_in_a_sentence(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for words in command_lines(LINES // 4, seed):
        wrong, _ = outcome(words, tmp_path)
        assert wrong is None, f"{words}: {wrong}"
