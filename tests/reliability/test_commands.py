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
    played = subprocess.run(
        [sys.executable, TESTS / "commands.py", tmp_path, str(seeds.start), str(seeds.stop), kills],
        env={**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (played.returncode, played.stdout) == (0, ""), played.stderr
