"""Sources of data sets, tried in order until one succeeds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hyperopt.data.dataset import Arrays
from hyperopt.data.errors import DamagedError, DataError, UnavailableError
from hyperopt.data.fingerprints import ArraySpec, check_all
from hyperopt.durable import folder_aside


@dataclass(frozen=True)
class Source:
    """One source of a data set.

    Attributes:
        name: The name shown to the user.
        fetch: Returns the four arrays; raises UnavailableError, or DamagedError naming the problem.
        local: Whether the user put the files there; a damaged file is then reported, not skipped.
    """

    name: str
    fetch: Callable[[], Arrays]
    local: bool = False


def fetch(
    name: str,
    kept: Mapping[str, ArraySpec],
    root: Path,
    sources: Sequence[Source],
    files: Sequence[str],
    *,
    refetch: bool = False,
) -> Arrays:
    """Return the four verified arrays of a data set from the first source that supplies them.

    Args:
        name: The name of the data set.
        kept: The expected arrays.
        root: The folder of data sets.
        sources: Nearest first.
        files: The files that a user can put under `root` by hand.
        refetch: Also skip damaged files that the user put there.

    Raises:
        DamagedError: A file that the user put there is damaged.
        DataError: No source supplies the data set; says why for each, and how to supply files by hand.
    """
    reasons: list[str] = []
    for source in sources:
        try:
            return check_all(name, source.name, source.fetch(), kept)
        except (UnavailableError, DamagedError) as error:
            if source.local and isinstance(error, DamagedError) and not refetch:
                raise
            reasons.append(f"  {source.name}: {error}")
    by_hand = [f"  {root / file}" for file in files]
    told = [
        f"{name} cannot be had here. Tried:",
        *reasons,
        "To supply it by hand, put its files here, or set HYPEROPT_DATA to the folder above them:",
        *by_hand,
    ]
    raise DataError("\n".join(told))


def aside(root: Path, download: Callable[[Path], Arrays]) -> Callable[[], Arrays]:
    """Return a function that downloads into a temporary folder under `root`."""

    def fetched() -> Arrays:
        with folder_aside(root) as folder:
            return download(folder)

    return fetched
