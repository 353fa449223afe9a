"""Several processes on one store: what one has written, all find, whoever puts files together meanwhile."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from storing import PACKS
from torture import cases

from hyperopt.records import Store

TESTS = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.parametrize("seed", cases(1))
def test_nothing_written_is_missed_while_files_are_put_together(seed: int, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent}"}
    processes = [
        subprocess.Popen(
            [sys.executable, TESTS / "storing.py", tmp_path, writer, str(seed)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for writer in "xyz"
    ]
    said = [process.communicate()[0] for process in processes]
    assert said == [""] * 3
    ids = Store(tmp_path / "records").ids()
    assert {id_.rpartition("-")[0] for id_ in ids} == {f"{w}-{i}" for w in "xyz" for i in range(PACKS)}
    assert len([*(tmp_path / "records").rglob("*.parquet")]) < 3 * PACKS
    assert not [*tmp_path.glob("damaged/*")]
