"""Commands at once on one store: none hangs and no run is trained twice, however they begin and end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from torture import cases

TESTS = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.parametrize("kills", ["none", "kills"])
def test_commands_at_once_end_and_train_each_run_once(kills: str, tmp_path: Path) -> None:
    """Of two to four commands, all but the first are killed where there are kills: it has everything then."""
    seeds = cases(8)
    assert play(tmp_path, seeds.start, seeds.stop, kills) == ""


@pytest.mark.slow
def test_a_limit_that_ends_the_process_is_learnt_from_start_to_start(tmp_path: Path) -> None:
    """Six runs, of which one to six fit: a pack that was begun and never ended is begun in halves."""
    assert play(tmp_path, 1, 7, "memory").split() == ["6", "3", "2", "2", "2", "1"]


def play(folder: Path, first: int, last: int, kind: str) -> str:
    """What went wrong in some cases of `commands.py`, which is nothing."""
    played = subprocess.run(
        [sys.executable, TESTS / "commands.py", folder, str(first), str(last), kind],
        env={**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert played.returncode == 0, played.stderr
    return played.stdout
