"""No command line makes a traceback, leaves anything behind, or executes what it holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile import a_store, command_lines, outcome

LINES = 120
"""Of the thousand that `python tests/hostile.py` tries, which takes a minute."""


@pytest.mark.parametrize("seed", range(4))
def test_a_hostile_command_line_is_refused_in_a_sentence(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, folder = tmp_path / "home", tmp_path / "here"
    folder.mkdir()
    a_store(home)
    monkeypatch.setenv("HYPEROPT_HOME", str(home))
    monkeypatch.chdir(folder)
    for words in command_lines(LINES // 4, seed):
        wrong, _ = outcome(words, folder, home)
        assert wrong is None, f"{words}: {wrong}"
