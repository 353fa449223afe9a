"""Crash-safe file writes, and locks between commands, on any system and file system."""

from __future__ import annotations

import os
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EDQUOT, EINVAL, ENOSPC, ENOTSUP
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from hyperopt.errors import ImpossibleError

if TYPE_CHECKING:
    from filelock import BaseFileLock

LEASE_SECONDS = 30.0
"""Seconds that a lock outlives its holder on file systems that support only leases."""
ABANDONED_SECONDS = 3600.0
"""Seconds that another host's partial file may stay unchanged before it counts as abandoned."""
PART = re.compile(r"\..*\.(?P<host>[\w-]*)\.(?P<pid>\d+)\.[0-9a-f]{8}\.part")


class StorageError(ImpossibleError):
    """The system denies reading or writing a file or folder; the message names it.

    Attributes:
        path: the file or folder.
        full: whether the disk, or the user's share of it, is full.
    """

    def __init__(self, message: str, path: Path, full: bool = False) -> None:
        super().__init__(message, path, full)
        self.path, self.full = path, full

    def __str__(self) -> str:
        return str(self.args[0])


@contextmanager
def aside(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """Yield a temporary path that replaces `path` on success and is deleted after an error.

    Readers see either the old file or the complete new one. A symbolic link at `path` is replaced, not
    followed.

    Args:
        path: the final path; its folder is created.
        durable: whether to return only once the file would survive a power failure.

    Raises:
        StorageError: the system does not allow writing there.
    """
    part = _part(path)
    try:
        make_folder(path.parent)
        try:
            yield part
            if durable:
                _sync(part)
            part.replace(path)
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        if durable:
            _sync(path.parent)
    except OSError as error:
        raise cannot_write(path.parent, error) from error


def write(path: Path, content: str | bytes, *, durable: bool = True) -> Path:
    """Write text or bytes to a file through `aside`; return its path."""
    with aside(path, durable=durable) as part:
        part.write_bytes(as_bytes(content))
    return path


def as_bytes(content: str | bytes) -> bytes:
    """Encode text as UTF-8, escaping undecodable characters, such as of Latin-1 file names; keep bytes."""
    return content.encode(errors="backslashreplace") if isinstance(content, str) else content


def make_folder(folder: Path) -> None:
    """Create a folder and its parents so that they survive a power failure."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def remove(path: Path) -> None:
    """Remove a file if it exists.

    Raises:
        StorageError: the system does not allow it.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(path.parent, error) from error


def set_apart(path: Path, beside: Path) -> Path | None:
    """Move a damaged file into `damaged/` of a folder; return its new path, or None if it cannot be moved."""
    apart = beside / "damaged" / f"{path.name}.{token_hex(4)}"
    try:
        make_folder(apart.parent)
        path.rename(apart)
    except OSError:
        return None
    return apart


def is_there(path: Path) -> bool:
    """Return whether a path exists, even as a dangling link; False for too long a name."""
    return os.path.lexists(path)


def cannot_write(folder: Path, error: OSError) -> StorageError:
    """Return the error message for an unwritable folder."""
    for part in filter(is_there, (folder, *folder.parents)):
        if part.is_symlink() and not part.exists():
            return StorageError(f"{folder} cannot be written: {part} is a link to nothing.", folder)
        if not part.is_dir():
            return StorageError(f"{folder} cannot be written: {part} is a file.", folder)
    full = error.errno in (ENOSPC, EDQUOT)
    return StorageError(f"{folder} cannot be written: {error.strerror or error}.", folder, full)


@contextmanager
def folder_aside(parent: Path) -> Iterator[Path]:
    """Yield a temporary folder; it is deleted afterwards unless the command is killed."""
    folder = _part(parent / "folder")
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove partial files of dead commands from a folder."""
    for path in folder.glob(".*.part"):
        with suppress(OSError):
            if _abandoned(path):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _part(path: Path) -> Path:
    """Return a temporary path whose name identifies this process."""
    return path.with_name(f".{path.name}.{host()}.{os.getpid()}.{token_hex(4)}.part")


class Lock:
    """A lock between commands on one host, or on several hosts that share a folder.

    It uses the system's lock (flock), which ends with its holder. On file systems without flock it uses a
    lease that the holder renews. Others may take a lease that was not renewed for `LEASE_SECONDS` or whose
    holder is known to be dead.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held: BaseFileLock | None = None

    def acquire(self, *, wait: bool = True) -> bool:
        """Take the lock; return False if another holds it and we do not wait.

        Raises:
            StorageError: the lock cannot be created, for example because its path is a link, which is not
                followed.
        """
        from filelock import FileLock, SoftFileLease, Timeout

        try:
            make_folder(self.path.parent)
            if self.path.is_symlink():
                raise StorageError(f"{self.path} is a link, which no lock follows: remove it.", self.path)
            if has_flock(self.path.parent):
                lock: BaseFileLock = FileLock(self.path, thread_local=False)
            else:
                lease = self.path.with_name(f"{self.path.name}.lease")
                lock = SoftFileLease(lease, lease_duration=LEASE_SECONDS, thread_local=False)
            lock.acquire(blocking=wait)
        except Timeout:
            return False
        except OSError as error:
            raise cannot_write(self.path.parent, error) from error
        self._held = lock
        return True

    def release(self) -> None:
        """Release the lock."""
        if self._held is not None:
            self._held.release()
            self._held = None

    def __enter__(self) -> Lock:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


@cache
def has_flock(folder: Path) -> bool:
    """Return whether a folder's file system supports flock; some network file systems do not."""
    from filelock import lock_descriptor

    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".lock", suffix=".probe")
    try:
        return lock_descriptor(descriptor, blocking=False)  # no other process knows the file
    except OSError:
        return False
    finally:
        os.close(descriptor)
        Path(name).unlink()


@cache
def host() -> str:
    """Return an identifier of this host or container that can be used in file names."""
    name = re.sub(r"[^\w-]", "-", socket.gethostname(), flags=re.ASCII)[:40]
    try:
        return f"{name}-{Path('/proc/self/ns/pid').stat().st_ino:x}"
    except OSError:
        return name


def _abandoned(path: Path) -> bool:
    name = PART.fullmatch(path.name)
    if name is not None and name["host"] == host() and not _alive(int(name["pid"])):
        return True
    return time.time() - path.stat().st_mtime > ABANDONED_SECONDS


def _alive(pid: int) -> bool:
    if os.name == "nt":  # os.kill would terminate it
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _sync(path: Path) -> None:
    """Sync a file's content or a folder's list of files to disk, if the system supports that."""
    folder = path.is_dir()
    if folder and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if not folder or error.errno not in (EINVAL, ENOTSUP):  # file systems that cannot sync folders
            raise
    finally:
        os.close(descriptor)
