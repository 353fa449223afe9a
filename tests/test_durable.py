"""Files that are whole or absent, and locks that hold where the system has none."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable
from errno import EACCES, ENOLCK, ENOSYS
from pathlib import Path

import pytest

from hyperopt import durable
from hyperopt.durable import Lock, StorageError, aside, folder_aside, make_folder, sweep, write

HOLD = """
import sys, time
from pathlib import Path
from hyperopt.durable import Lock
lock = Lock(Path(sys.argv[1]))
print(lock.acquire(), flush=True)
time.sleep(60)
"""


@pytest.fixture(params=[None, ENOSYS, ENOLCK, EACCES])
def _flock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's flock, or one that fails as some file systems' do."""
    durable.has_flock.cache_clear()
    if request.param is not None:

        def fails(*_: object) -> None:
            raise OSError(request.param, os.strerror(request.param))

        monkeypatch.setattr(fcntl, "flock", fails)


@pytest.mark.usefixtures("_flock")
def test_of_two_holders_one_has_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "new" / "x.lock"
    mine, yours, other = Lock(path), Lock(path), Lock(path.with_name("y.lock"))
    assert mine.acquire(wait=False)
    assert not yours.acquire(wait=False)
    assert other.acquire(wait=False)
    mine.release()
    assert yours.acquire(wait=False)
    yours.release()
    yours.release()
    other.release()


@pytest.mark.parametrize("has_flock", [True, False])
def test_a_killed_holder_holds_no_longer(
    has_flock: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lease is let go at once where its holder is known to be dead, as on one host."""
    program = HOLD if has_flock else "import hyperopt.durable as d; d.has_flock = lambda _: False\n" + HOLD
    monkeypatch.setattr(durable, "has_flock", lambda _: has_flock)
    path = tmp_path / "x.lock"
    with subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        said = holder.stdout.readline()
        held = not Lock(path).acquire(wait=False)
        holder.kill()
    assert said == b"True\n"
    assert held
    mine = Lock(path)
    began = time.monotonic()
    while not mine.acquire(wait=False):
        assert time.monotonic() < began + durable.LEASE_SECONDS
        time.sleep(0.05)
    mine.release()


def test_a_lock_never_follows_a_link(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "x.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(StorageError, match=r"x\.lock is a link"):
        Lock(tmp_path / "x.lock").acquire(wait=False)
    assert (tmp_path / "precious").read_text() == "mine"


def test_what_is_written_replaces_a_link_and_not_its_target(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "x").symlink_to(tmp_path / "precious")
    write(tmp_path / "x", "α")
    assert (tmp_path / "x").read_bytes() == "α".encode()
    assert (tmp_path / "precious").read_text() == "mine"


def test_bytes_in_a_text_that_are_no_letters_are_escaped(tmp_path: Path) -> None:
    page = write(tmp_path / "page.md", "caf\udce9: r\u00e4m")
    assert page.read_text(encoding="utf-8") == r"caf\udce9: räm"


def test_an_error_while_writing_leaves_the_file_before(tmp_path: Path) -> None:
    write(tmp_path / "x", "before")

    def fail() -> None:
        with aside(tmp_path / "x") as part:
            part.write_text("half")
            raise ValueError("bad")

    with pytest.raises(ValueError, match="bad"):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_text() == "before"


def test_a_name_too_long_for_the_system_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot be written: File name too long\.$"):
        write(tmp_path / ("x" * 300) / "y", "")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.touch(), r"folder is a file\.$"),
        (lambda path: path.symlink_to("/nonexistent/x"), r"folder is a link to nothing\.$"),
        (lambda path: path.symlink_to("/proc/nothing"), r"folder is a link to nothing\.$"),
    ],
)
def test_a_folder_that_cannot_be_written_is_named(
    make: Callable[[Path], None], reason: str, tmp_path: Path
) -> None:
    make(tmp_path / "folder")
    for write_there in (
        lambda: write(tmp_path / "folder" / "x", ""),
        lambda: Lock(tmp_path / "folder" / "x").acquire(),
    ):
        with pytest.raises(StorageError, match=rf"^{tmp_path}/folder cannot be written: .*{reason}"):
            write_there()


def test_files_and_the_folders_that_list_them_are_synced_before_a_file_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name.split(".")[0] or "part")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    write(tmp_path / "a" / "b" / "file", "content")
    assert synced == [tmp_path.name, "a", "part", "b"]
    write(tmp_path / "a" / "b" / "file", "progress", durable=False)
    assert len(synced) == 4


def test_only_what_the_dead_left_half_written_is_swept(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    dead = tmp_path / f".x.{durable.host()}.{ended.pid}.0123abcd.part"
    alive = tmp_path / f".x.{durable.host()}.{os.getpid()}.0123abcd.part"
    elsewhere = tmp_path / f".x.elsewhere.{ended.pid}.0123abcd.part"
    old = tmp_path / ".x.parquet.1234.part"
    for path in (dead, alive, elsewhere, old, tmp_path / "x"):
        path.touch()
    killed_fetch = tmp_path / f".folder.{durable.host()}.{ended.pid}.0123abcd.part"
    (killed_fetch / "raw").mkdir(parents=True)
    (killed_fetch / "raw" / "images.gz").touch()
    os.utime(old, (0, 0))
    sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([alive, elsewhere, tmp_path / "x"])


def test_a_folder_aside_goes_with_its_use(tmp_path: Path) -> None:
    with folder_aside(tmp_path) as folder:
        (folder / "x").touch()
        sweep(tmp_path)
        assert (folder / "x").is_file()
    assert not [*tmp_path.iterdir()]


def test_two_writers_of_one_process_never_share_a_file_aside(tmp_path: Path) -> None:
    with aside(tmp_path / "x") as one, aside(tmp_path / "x") as other:
        assert one != other
        assert durable.PART.fullmatch(one.name)
        one.touch()
        other.touch()


def test_a_folder_made_by_another_meanwhile_is_no_error(tmp_path: Path) -> None:
    make_folder(tmp_path / "a")
    make_folder(tmp_path / "a")
