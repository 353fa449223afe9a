"""What a record says of how it was made."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hyperopt import provenance as module


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "hyperopt").mkdir()
    (tmp_path / "hyperopt" / "some.py").write_text("1")
    (tmp_path / "notes.txt").write_text("1")
    for arguments in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "one"],
    ):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    monkeypatch.setattr(module, "checkout_root", lambda: tmp_path)
    module.commit.cache_clear()
    yield tmp_path
    module.commit.cache_clear()


def test_the_commit_says_whether_the_code_differs_from_it(checkout: Path) -> None:
    clean = module.commit()
    assert len(clean) == 12
    (checkout / "notes.txt").write_text("2")
    module.commit.cache_clear()
    assert module.commit() == clean
    (checkout / "hyperopt" / "some.py").write_text("2")
    module.commit.cache_clear()
    assert module.commit() == clean + "+"


@pytest.mark.parametrize("has_git", [True, False])
def test_outside_a_repository_the_commit_is_unknown(
    has_git: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "checkout_root", lambda: tmp_path)
    if not has_git:
        monkeypatch.setenv("PATH", "")
    module.commit.cache_clear()
    assert module.commit() == "unknown"
    module.commit.cache_clear()


def test_the_command_can_be_typed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "sys.argv", ["/some/where/bin/hyperopt", "run", "stack=adam/sgd", "tune=[alpha,beta1]"]
    )
    assert module.command() == "hyperopt run stack=adam/sgd 'tune=[alpha,beta1]'"
    monkeypatch.setattr("sys.argv", ["/some/where/hyperopt/__main__.py", "run"])
    assert module.command() == "python -m hyperopt run"


def test_a_command_with_bytes_that_are_no_text_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["hyperopt", "run", "cfg=caf\udce9.yaml"])
    assert module.command().encode() == rb"hyperopt run 'cfg=caf\udce9.yaml'"


def test_all_is_said() -> None:
    made = module.provenance()
    assert set(made) == {"command", "commit", "python", "torch", "hyperopt", "cpu", "started"}
    assert all(made.values())
    assert datetime.fromisoformat(made["started"]).utcoffset() == timedelta(0)
    assert module.installed("no-such-distribution") == "unknown"
