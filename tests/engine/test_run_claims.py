"""Claims of runs: one command each, until it ends."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from hyperopt.engine import run_claims
from hyperopt.engine.run_claims import RunClaims


def test_a_run_is_claimed_by_one_command(tmp_path: Path) -> None:
    with RunClaims(tmp_path) as one, RunClaims(tmp_path) as other:
        assert one.take(["a", "b"]) == {"a", "b"}
        assert other.take(["b", "c"]) == {"c"}
        assert one.held().keys() == {"c"}
        assert other.held().keys() == {"a", "b"}
        assert f"(process {os.getpid()})" in other.held()["a"]
        one.free(["b"])
        one.tell()
        assert other.take(["a", "b"]) == {"b"}


def test_what_was_freed_is_told_with_what_is_taken_next(tmp_path: Path) -> None:
    with RunClaims(tmp_path) as one, RunClaims(tmp_path) as other:
        one.take(["a"])
        one.free(["a"])
        one.take(["b"])
        assert other.held().keys() == {"b"}


def test_of_many_that_want_a_run_at_once_one_gets_it(tmp_path: Path) -> None:
    taken: list[set[str]] = []
    ids, begin = [str(i) for i in range(20)], threading.Barrier(8)

    def take(order: Sequence[str]) -> None:
        with RunClaims(tmp_path) as mine:
            begin.wait()
            taken.append({each for some in order for each in mine.take([some])})
            begin.wait()

    commands = [threading.Thread(target=take, args=(ids[i:] + ids[:i],)) for i in range(0, 16, 2)]
    for command in commands:
        command.start()
    for command in commands:
        command.join()
    assert sorted(each for some in taken for each in some) == sorted(ids)


KILLED = """
import os, sys
from pathlib import Path
from hyperopt.engine.run_claims import RunClaims
RunClaims(Path(sys.argv[1])).__enter__().take(["a"])
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_command_had_claimed_is_free_at_once(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, tmp_path], check=False)
    assert len(list((tmp_path / "claims").glob("*.json"))) == 1, "it left no claim"
    with RunClaims(tmp_path) as mine:
        assert mine.held() == {}
        assert mine.take(["a"]) == {"a"}
        assert [path.name for path in (tmp_path / "claims").glob("*.json")] == [mine.path.name]


def test_what_a_stopped_command_had_claimed_is_free_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it finds that others have it when it goes on."""
    now = [0.0]
    monkeypatch.setattr(run_claims, "monotonic", lambda: now[0])
    with RunClaims(tmp_path) as stopped, RunClaims(tmp_path) as other:
        stopped.take(["a", "b"])
        for _ in range(5):
            assert other.take(["a"]) == set()
            now[0] += run_claims.UNRENEWED_SECONDS - 1
            stopped.renew()
        assert other.take(["a"]) == set()
        now[0] += run_claims.UNRENEWED_SECONDS + 1
        assert other.take(["a"]) == {"a"}
        assert stopped.take(["c"]) == {"c"}
        assert stopped.ids == {"b", "c"}
        assert other.held().keys() == {"b", "c"}


def test_files_that_are_no_claims_claim_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "claims"
    folder.mkdir()
    (folder / "text.json").write_text("[")
    (folder / "list.json").write_text("[]")
    (folder / "nobody.json").write_text('{"ids": ["a"], "command": "hyperopt", "process": "?"}')
    (folder / "folder.json").mkdir()
    os.mkfifo(folder / "pipe.json")
    with RunClaims(tmp_path) as mine:
        assert mine.take(["a"]) == {"a"}


def test_a_command_that_ends_leaves_no_claim(tmp_path: Path) -> None:
    with RunClaims(tmp_path) as mine:
        mine.take(["a"])
    assert sorted(path.name for path in (tmp_path / "claims").iterdir()) == ["all.lock", "commands"]


def test_a_command_knows_whether_it_has_been_alone(tmp_path: Path) -> None:
    with RunClaims(tmp_path) as one:
        one.take(["a"])
        assert one.alone
        with RunClaims(tmp_path) as other:
            assert not other.alone
        one.take(["b"])
        assert not one.alone, "another came and went"
    with RunClaims(tmp_path) as later:
        later.take(["a"])
        assert later.alone
