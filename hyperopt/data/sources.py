"""Where a data set can come from, tried in order until one supplies it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hyperopt.data.dataset import Arrays
from hyperopt.data.errors import DamagedError, DataError, UnavailableError
from hyperopt.data.fingerprints import ArraySpec, check_all
from hyperopt.durable import folder_aside


@dataclass(frozen=True)
class Source:
    """One place to get a data set from.

    Attributes:
        name: The name by which the user knows it.
        fetch: Returns the four arrays; raises UnavailableError, or DamagedError naming what is wrong.
        local: Whether the user put the files there, so that a damaged one is reported and not passed over.
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
    """The four arrays of a data set, checked, from the first source that supplies them.

    Args:
        name: The name of the data set.
        kept: The expected arrays.
        root: Where data sets lie.
        sources: Nearest first.
        files: What a user can put below `root` by hand.
        refetch: Also pass over damaged files that the user put there.

    Raises:
        DamagedError: A file that the user put there is not as expected.
        DataError: No source supplies the data set; says why for each, and how to supply the files by hand.
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
        "To supply it by hand, put torchvision's files here, or set HYPEROPT_DATA to their folder:",
        *by_hand,
    ]
    raise DataError("\n".join(told))


def aside(root: Path, download: Callable[[Path], Arrays]) -> Callable[[], Arrays]:
    """A function that downloads into a folder below `root`, which exists only as long as that takes."""

    def fetched() -> Arrays:
        with folder_aside(root) as folder:
            return download(folder)

    return fetched
