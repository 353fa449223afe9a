"""torchvision's data sets: its folder layout, its checksums, and its download from the official hosts."""

import hashlib
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import numpy as np
from torchvision import datasets

from hyperopt.data.dataset import Arrays
from hyperopt.data.errors import DamagedError, UnavailableError

PROBE_SECONDS = 5
STALL_SECONDS = 10

CIFAR = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}


def download_mnist(read: Callable[[Path], Arrays], into: Path) -> Arrays:
    """MNIST by torchvision's own download, out of whose layout `read` takes the arrays.

    Raises:
        UnavailableError: The official host does not answer within `PROBE_SECONDS`, or the download fails.
    """
    probe(datasets.MNIST.mirrors[0] + datasets.MNIST.resources[0][0])
    _download(datasets.MNIST, into)
    return read(into)


def download_cifar(name: str, into: Path) -> Arrays:
    """CIFAR-10 or CIFAR-100 by torchvision's own download; errors as of `download_mnist`."""
    probe(CIFAR[name].url)
    _download(CIFAR[name], into)
    return read_cifar(name, into)


def cifar_files(name: str) -> list[str]:
    """The files of torchvision's layout, relative to its root."""
    return [f"{CIFAR[name].base_folder}/{file}" for file in _checksums(CIFAR[name])]


def read_cifar(name: str, root: Path) -> Arrays:
    """CIFAR-10 or CIFAR-100 from torchvision's layout below `root`.

    Raises:
        UnavailableError: Some of the files are not there.
        DamagedError: Names the file, the checksum expected and the one found.
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
    """Ask whether a host answers, name look-up included, before anything is downloaded from it.

    Raises:
        UnavailableError: It does not.
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


def _download(kind: type[datasets.MNIST | datasets.CIFAR10], into: Path) -> None:
    with _socket_timeout(STALL_SECONDS):
        try:
            kind(into, download=True)
        except (RuntimeError, OSError) as error:
            raise UnavailableError(f"the download failed: {' '.join(str(error).split())}") from error


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _checksums(cifar: type[datasets.CIFAR10]) -> dict[str, str]:
    return dict([*cifar.train_list, *cifar.test_list, (cifar.meta["filename"], cifar.meta["md5"])])


def _check_md5(path: Path, expected: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != expected:
        raise DamagedError(f"{path} is damaged: expected md5 {expected}, found {found}.")
