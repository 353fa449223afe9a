"""torchvision's data sets: its folder layout, its checksums, and its download from the official hosts."""

import hashlib
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import numpy as np
from torchvision import datasets

from hyperopt.data import idx
from hyperopt.data.errors import DamagedError, UnavailableError
from hyperopt.data.fingerprints import Arrays
from hyperopt.data.specs import DatasetSpec

PROBE_SECONDS = 5
STALL_SECONDS = 10

_CIFAR = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}


def files(name: str) -> list[str]:
    """The files of torchvision's layout, relative to its root."""
    if name == "mnist":
        return [f"MNIST/raw/{file}" for file in idx.FILES.values()]
    cifar = _CIFAR[name]
    return [f"{cifar.base_folder}/{file}" for file in _checksums(cifar)]


def read(root: Path, spec: DatasetSpec) -> Arrays:
    """A data set from torchvision's layout below `root`.

    Raises:
        UnavailableError: Some of the files are not there.
        DamagedError: Names the file, the checksum expected and the one found.
    """
    missing = [file for file in files(spec.name) if not (root / file).is_file()]
    if missing:
        raise UnavailableError(f"no {missing[0]} in {root}")
    if spec.name == "mnist":
        return idx.read(root / "MNIST" / "raw", spec)
    cifar = _CIFAR[spec.name]
    for file, expected in _checksums(cifar).items():
        _check_md5(root / cifar.base_folder / file, expected)
    train, test = cifar(root, train=True), cifar(root, train=False)
    return {
        "train_x": np.ascontiguousarray(train.data.transpose(0, 3, 1, 2)),
        "train_y": np.array(train.targets, dtype=np.uint8),
        "test_x": np.ascontiguousarray(test.data.transpose(0, 3, 1, 2)),
        "test_y": np.array(test.targets, dtype=np.uint8),
    }


def download(spec: DatasetSpec, into: Path) -> Arrays:
    """A data set by torchvision's own download.

    Raises:
        UnavailableError: The official host does not answer within `PROBE_SECONDS`, or the download fails.
    """
    if spec.name == "mnist":
        probe(datasets.MNIST.mirrors[0] + datasets.MNIST.resources[0][0])
    else:
        probe(_CIFAR[spec.name].url)
    with _socket_timeout(STALL_SECONDS):
        try:
            (datasets.MNIST if spec.name == "mnist" else _CIFAR[spec.name])(into, download=True)
        except (RuntimeError, OSError) as error:
            raise UnavailableError(f"the download failed: {' '.join(str(error).split())}") from error
    return read(into, spec)


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
