"""Tiny Shakespeare: plays as characters, each predicted from the preceding ones."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from hyperopt.data.dataset import PARTS, Arrays
from hyperopt.data.errors import DamagedError, UnavailableError
from hyperopt.data.fingerprints import ArraySpec
from hyperopt.data.sources import Source, aside
from hyperopt.data.stored import Stored

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FILE = "tinyshakespeare/input.txt"
URL = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/" + FILE
SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
CHARACTERS = "\n !$&',-.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BLOCK = 64
TRAIN = 1_003_854
"""The characters of the training part, nine tenths of the text."""
ROWS, TEST_ROWS = 15_685, 1_742


@dataclass(frozen=True, kw_only=True)
class TinyShakespeare(Stored):
    """15 685 training and 1742 test rows of 64 characters, 65 kinds; targets are the next characters.

    The text is in the public domain; it comes from Karpathy's char-rnn, 2015. Rows are consecutive; the last,
    incomplete row of each part is omitted.
    """

    name: ClassVar[str] = "tinyshakespeare"
    shape: ClassVar[tuple[int, ...]] = (BLOCK,)
    classes: ClassVar[int | None] = len(CHARACTERS)
    classes_of: ClassVar[str] = "characters"
    rows: ClassVar[int] = ROWS
    default_epochs: ClassVar[Mapping[str, int]] = {"other": 5}
    batch_size: ClassVar[int] = 32
    kept: ClassVar[Mapping[str, ArraySpec]] = {
        part: ArraySpec((rows, BLOCK), digest)
        for part, rows, digest in zip(
            PARTS,
            (ROWS, ROWS, TEST_ROWS, TEST_ROWS),
            (
                "16f60bf026057a26f4ca1dc81d20cd1a81d165cb601dd6b06a06779d5e3c7518",
                "40f3e745339cc2afa373d7ec5b1879e37259511311874d3cc346f36f78222e39",
                "d933f2eb9f734043a75cc410fa3546abb526be7893d55590eadcf36c443a149d",
                "2c592cf5dd970f633130f83b8c8cddc5a21c67dfdadd434a167d9232707bbb0e",
            ),
            strict=True,
        )
    }

    def scale(self) -> float:
        """Leave inputs unscaled: they are character indices."""
        return 1

    @classmethod
    def files(cls) -> Sequence[str]:
        """The text."""
        return [FILE]

    @classmethod
    def sources(cls, root: Path) -> list[Source]:
        """Return the sources: the text under `root`, or its download."""
        return [
            Source(f"the text below {root}", partial(cls.read_files, root), local=True),
            Source("its download from GitHub", aside(root, cls._download)),
        ]

    @classmethod
    def read_files(cls, root: Path) -> Arrays:
        """Read the four arrays from the text under `root`.

        Raises:
            UnavailableError: it is missing.
            DamagedError: it is a different text.
        """
        path = root / FILE
        if not path.is_file():
            raise UnavailableError(f"no {FILE} in {root}")
        text = path.read_bytes()
        if (found := hashlib.sha256(text).hexdigest()) != SHA256:
            raise DamagedError(f"{path} is damaged: expected sha256 {SHA256}, found {found}.")
        return rows_of(text)

    @classmethod
    def _download(cls, into: Path) -> Arrays:
        from hyperopt.data import vision  # torchvision takes a second to import

        path = into / FILE
        path.parent.mkdir(parents=True)
        path.write_bytes(vision.fetched(URL))
        return cls.read_files(into)

    @classmethod
    def drawn(cls, rows: int, generator: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return rows that count through the characters by steps of 1 to 4, and each next character."""
        import numpy as np

        first, step = generator.integers(cls.classes or 1, size=rows), generator.integers(1, 5, size=rows)
        counted = (first[:, None] + step[:, None] * np.arange(BLOCK + 1)) % (cls.classes or 1)
        return counted[:, :-1].astype(np.uint8), counted[:, 1:].astype(np.uint8)


def rows_of(text: bytes) -> Arrays:
    """Return the arrays of a text: rows of character indices, and of the characters that follow each."""
    import numpy as np

    numbers = np.zeros(256, np.uint8)
    numbers[list(CHARACTERS.encode())] = range(len(CHARACTERS))
    codes = numbers[np.frombuffer(text, np.uint8)]
    arrays = {}
    for part, some in (("train", codes[:TRAIN]), ("test", codes[TRAIN:])):
        whole = (len(some) - 1) // BLOCK * BLOCK
        arrays[f"{part}_x"] = some[:whole].reshape(-1, BLOCK)
        arrays[f"{part}_y"] = some[1 : whole + 1].reshape(-1, BLOCK)
    return arrays
