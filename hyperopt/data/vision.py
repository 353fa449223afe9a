"""Downloads; torchvision's data sets: folder layout, checksums, download from official hosts."""

import hashlib
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path

import numpy as np
from torchvision import datasets

from hyperopt.data.dataset import Arrays
from hyperopt.data.errors import DamagedError, UnavailableError
from hyperopt.data.pace import STALL_SECONDS, Pace

PROBE_SECONDS = 5

CIFAR = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}


def download_mnist(read: Callable[[Path], Arrays], into: Path) -> Arrays:
    """Download MNIST with torchvision; `read` takes the arrays from torchvision's layout.

    Raises:
        UnavailableError: The official host does not answer within `PROBE_SECONDS`, is too slow (see pace.py),
            or the download fails.
    """
    probe(datasets.MNIST.mirrors[0] + datasets.MNIST.resources[0][0])
    _download(datasets.MNIST, into)
    return read(into)


def download_cifar(name: str, into: Path) -> Arrays:
    """Download CIFAR-10 or CIFAR-100 with torchvision; errors as in `download_mnist`."""
    probe(CIFAR[name].url)
    _download(CIFAR[name], into)
    return read_cifar(name, into)


def cifar_files(name: str) -> list[str]:
    """Return the files of torchvision's layout, relative to its root."""
    return [f"{CIFAR[name].base_folder}/{file}" for file in _checksums(CIFAR[name])]


def read_cifar(name: str, root: Path) -> Arrays:
    """Read CIFAR-10 or CIFAR-100 from torchvision's layout under `root`.

    Raises:
        UnavailableError: Some of the files are missing.
        DamagedError: Names the file, the expected checksum and the actual one.
    """
    missing = [file for file in cifar_files(name) if not (root / file).is_file()]
    if missing:
        raise UnavailableError(f"no {missing[0]} in {root}")
    cifar = CIFAR[name]
    for file, expected in _checksums(cifar).items():
        _check_md5(root / cifar.base_folder / file, expected)
    train, test = cifar(root, train=True), cifar(root, train=False)
    return {
        "train_x": np.ascontiguousarray(train.data.transpose(0, 3, 1, 2)),
        "train_y": np.array(train.targets, dtype=np.uint8),
        "test_x": np.ascontiguousarray(test.data.transpose(0, 3, 1, 2)),
        "test_y": np.array(test.targets, dtype=np.uint8),
    }


def probe(url: str, seconds: float = PROBE_SECONDS) -> None:
    """Check that a host answers, including name lookup, before downloading from it.

    Raises:
        UnavailableError: It does not answer.
    """
    host = url.split("/")[2]
    answers: list[str | None] = []

    def ask() -> None:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=seconds):
                answers.append(None)
        except urllib.error.URLError as error:
            answers.append(str(error.reason))
        except (OSError, HTTPException) as error:
            answers.append(str(error) or type(error).__name__)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    reason = answers[0] if answers else f"no answer within {seconds:g} s"
    if reason is not None:
        raise UnavailableError(f"{host} cannot be reached: {reason}")


def fetched(url: str) -> bytes:
    """Download the content of an address.

    Raises:
        UnavailableError: The host does not answer within `PROBE_SECONDS`, is too slow (see pace.py), or the
            download fails.
    """
    probe(url)
    with _paced():
        try:
            with urllib.request.urlopen(url) as answer:
                return b"".join(iter(lambda: answer.read(2**16), b""))
        except (HTTPException, OSError) as error:
            raise UnavailableError(f"the download failed: {' '.join(str(error).split())}") from error


class Paced(HTTPResponse):
    """A response that aborts if it arrives too slowly, even byte by byte."""

    pace: Pace
    came = 0

    def begin(self) -> None:
        """Start the clock."""
        self.pace = Pace()
        super().begin()

    def read(self, amt: int | None = None) -> bytes:
        """Return the received bytes, at most `amt`; empty at the end."""
        if amt is None:
            return super().read()
        read = self.read1(amt)
        self.came += len(read)
        if read and (slow := self.pace.too_slow(self.came)):
            raise TimeoutError(f"it sent {slow}")
        return read


def _download(kind: type[datasets.MNIST | datasets.CIFAR10], into: Path) -> None:
    with _paced():
        try:
            kind(into, download=True)
        except (RuntimeError, OSError) as error:
            raise UnavailableError(f"the download failed: {' '.join(str(error).split())}") from error


@contextmanager
def _paced() -> Iterator[None]:
    """Torchvision has no timeout option: within this context, its downloads abort as `Paced` does."""
    before, usual = socket.getdefaulttimeout(), HTTPConnection.response_class
    socket.setdefaulttimeout(STALL_SECONDS)
    HTTPConnection.response_class = Paced
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
        HTTPConnection.response_class = usual


def _checksums(cifar: type[datasets.CIFAR10]) -> dict[str, str]:
    return dict([*cifar.train_list, *cifar.test_list, (cifar.meta["filename"], cifar.meta["md5"])])


def _check_md5(path: Path, expected: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != expected:
        raise DamagedError(f"{path} is damaged: expected md5 {expected}, found {found}.")
