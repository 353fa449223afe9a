"""Places that cannot be written, systems without locks, and hostile or left-over files: a sentence each."""

from __future__ import annotations

import errno
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from made_records import a_record
from safetensors import SafetensorError
from small_runs import EAGER, Watcher, a_plan, fake_record, small_run

from hyperopt import durable
from hyperopt.cli import main
from hyperopt.engine import attempt as attempts
from hyperopt.engine.begun import notes
from hyperopt.engine.execute import execute
from hyperopt.engine.leftovers import RUNS
from hyperopt.engine.options import Options, cores
from hyperopt.engine.pack import Pack
from hyperopt.engine.pack_files import PackFiles
from hyperopt.errors import ConfigError
from hyperopt.records import Record, Store, working

ROOT = Path(__file__).parents[2]
RUN = ["run", "dataset.generated=true", "dataset.train=64", "dataset.test=8", "model.hidden=[4]", "epochs=1"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def trained(pack: Pack, options: Options, root: Path) -> list[Record]:
    return [fake_record(run) for run in pack.runs]


def train(store: Store, *packs: Pack) -> None:
    execute(a_plan(*packs), store, EAGER, Watcher())


def a_folder_with_a_file(home: Path, name: str) -> None:
    home.mkdir()
    (home / name).touch()


PLACES: dict[str, Callable[[Path], object]] = {
    "a file": lambda path: path.touch(),
    "a dangling link": lambda path: path.symlink_to("/nonexistent/x"),
    "records is a file": lambda path: a_folder_with_a_file(path, "records"),
    "claims is a file": lambda path: a_folder_with_a_file(path, "claims"),
    "progress is a file": lambda path: a_folder_with_a_file(path, "progress"),
    "checkpoints is a file": lambda path: a_folder_with_a_file(path, "checkpoints"),
    "nothing can be made there": lambda path: path.symlink_to("/proc"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_home_that_cannot_be_written_is_a_sentence_with_its_variable(
    place: str, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    PLACES[place](home)
    assert main(RUN) == 1
    said = capfd.readouterr().err.strip().splitlines()[-1]
    assert said.startswith(f"hyperopt: {home}")
    assert " cannot be " in said
    assert said.endswith("Set HYPEROPT_HOME to a folder that can be written.")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_full_or_read_only_disk_is_a_sentence(
    number: int, home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Once the pack is trained: what fails is the writing of its records, and of why it failed."""

    def full(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(attempts, "train_pack", trained)
    monkeypatch.setattr(os, "fsync", full)
    assert main(RUN) == 1
    said = capfd.readouterr().err
    assert os.strerror(number) in said
    assert "HYPEROPT_HOME" in said
    assert "Traceback" not in said


def test_a_published_table_needs_no_place_to_write(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    home.symlink_to("/proc")
    assert main(["tables", "clipping/table2", "from=published"]) == 0
    printed = capfd.readouterr().out
    assert "| " in printed
    assert "\nnot written: " in printed


@pytest.mark.parametrize("words", [["data"], ["run", "epochs=1"]])
def test_a_user_without_a_home_is_told_which_variable_to_set(
    words: list[str], home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("HYPEROPT_DATA", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)

    def nameless(path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", nameless)
    monkeypatch.setenv("HYPEROPT_HOME", "")
    monkeypatch.chdir(home.parent)
    assert main(words) == 1
    assert "set HYPEROPT_DATA" in capfd.readouterr().err


@pytest.mark.slow
def test_a_system_without_flock_and_affinity_trains_all_the_same(tmp_path: Path) -> None:
    """As on Windows and macOS: no fcntl, no os.sched_getaffinity."""
    code = (
        "import os, sys; sys.modules['fcntl'] = None; del os.sched_getaffinity\n"
        f"from hyperopt.cli import main; sys.exit(main({[*RUN, 'compile=false']}))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=os.environ | {"HYPEROPT_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(Store(tmp_path / "records").ids()) == 1


def test_cores_are_those_of_the_machine_where_the_system_does_not_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert cores() == len(os.sched_getaffinity(0))
    monkeypatch.delattr(os, "sched_getaffinity")
    assert cores() == os.cpu_count()


def test_what_the_killed_left_is_swept_once_nobody_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "train_pack", trained)
    store = Store(tmp_path / "records", tmp_path)
    done, missing = small_run(seed=0), small_run(seed=1)
    store.write([fake_record(done)], "done")
    for name, runs in (("finished", [done]), ("unfinished", [done, missing])):
        files = PackFiles(tmp_path, name)
        files.save([run.id for run in runs], 1, {}, {})
        files.report(1)
        files.write_failure(f"{RUNS}{' '.join(run.id for run in runs)}\nTraceback ...")
    (tmp_path / "failures" / "of another program.txt").write_text("mine")
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    for folder in ("checkpoints", "progress", "records/do"):
        (tmp_path / folder / f".x.{durable.host()}.{ended.pid}.0123abcd.part").touch()
    train(store)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left >= {"checkpoints/unfinished.safetensors", "failures/unfinished.txt"}
    assert "failures/of another program.txt" in left
    assert not {name for name in left if "/finished" in name or name.endswith(".part")}
    train(store, Pack((missing,)))
    assert not [*tmp_path.rglob("unfinished*")]


def test_reading_a_record_imports_nothing_and_escapes_what_a_terminal_obeys(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "trap.py").write_text("open('sprung', 'w')\nraise SystemExit(0)")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    config = {"stack": "trap:Rule/sgd", "alpha": [0.1, 0.1], "seed": 0, "x": "\x1b]0;mine\x07"}
    made = {"command": "\x1b[2J\x1b[1;31mhyperopt\r\nrun", "\x9b31m": "key"}
    working().write([a_record(config=config, made=made, events=[])], "pack")
    assert main(["show", "0123"]) == 0
    printed = capfd.readouterr().out
    assert "trap:Rule(0.1)/sgd(0.1)" in printed
    assert r"\x1b[2J\x1b[1;31mhyperopt" in printed
    assert printed.replace("\n", "").isprintable()
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("key", ["stack", "dataset", "model"])
def test_no_verb_runs_code_that_a_record_names_or_obeys_its_keys(
    key: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "trap.py").write_text("open('sprung', 'w')\nraise SystemExit(0)")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    runs = [small_run(stack=stack, seed=1) for stack in ("adam", "sgd")]
    named = runs[0].canonical() | {key: "trap:Named", "\x1b[31mx": 1, "y\x9b": 2}
    working().write([fake_record(runs[1]), replace(fake_record(runs[0]), config=named)], "pack")
    both = "compare stack=adam stack=sgd" if key != "stack" else "compare stack=trap* stack=sgd"
    for line in ("runs", "runs by=seed", both, "plot by=seed file=a.svg", "export csv out", "gc"):
        assert main([*line.split()]) == 0
        assert capsys.readouterr().out.replace("\n", "").isprintable(), line
    main(["rm", "stack=adam"])
    assert not (tmp_path / "sprung").exists()


def test_a_hostile_record_is_named_and_the_rest_is_shown(
    home: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    working().write([a_record(id="good")], "good")
    for name, changed in {"a": {"metrics": {"train_loss": None}}, "b": {"made": {"x": None}}}.items():
        working().write([a_record(id=f"bad{name}", **changed)], name)
    assert main(["show", "good"]) == 0
    assert main(["show", "bada"]) == 2
    assert main(["show", "badb"]) == 2
    assert len(caplog.messages) == 2
    assert caplog.records[0].levelno == logging.WARNING
    assert "Traceback" not in capfd.readouterr().err


def test_a_home_of_no_user_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPEROPT_HOME", "~nosuchuser/x")
    with pytest.raises(ConfigError, match="HYPEROPT_HOME=~nosuchuser/x: there is no such user"):
        working()


def test_what_failed_is_told_where_it_cannot_be_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def failing(pack: Pack, options: Options, root: Path) -> list[Record]:
        (root / "failures").touch()
        raise RuntimeError("the reason")

    monkeypatch.setattr(attempts, "train_pack", failing)
    assert main(RUN) == 1
    assert f"the reason (details not kept: {home}/failures cannot be written" in capfd.readouterr().err


def test_a_disk_that_is_full_for_a_checkpoint_ends_the_command(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """At the second of three packs: the first is kept, and the third not tried."""
    seeds = []

    def full(tensors: object, path: Path, said: object) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    def failing(pack: Pack, options: Options, root: Path) -> list[Record]:
        seeds.append(pack.first.seed)
        if len(seeds) == 2:
            PackFiles(root, pack.name).save([pack.first.id], 1, {}, {})
        return trained(pack, options, root)

    monkeypatch.setattr(attempts, "train_pack", failing)
    monkeypatch.setattr("safetensors.torch.save_file", full)
    assert main([*RUN, "-m", "seed=0,1,2", "pack=1", "workers=1"]) == 1
    *_, told = capfd.readouterr().err.splitlines()
    assert told == (
        f"hyperopt: {home}/checkpoints cannot be written: No space left on device. Make room there, or move "
        f"{home} and set HYPEROPT_HOME to it; the same command then resumes."
    )
    assert seeds == [0, 1]
    assert len(working().ids()) == 1
    assert notes(home) == [], "it would be begun in halves"
