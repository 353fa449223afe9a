"""The IDX format of MNIST.

A file has a header (two zero bytes, type, number of dimensions, four bytes for each size), then values.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hyperopt.data.dataset import Arrays
from hyperopt.data.errors import DamagedError, UnavailableError
from hyperopt.data.fingerprints import ArraySpec, check

FILES = {
    "train_x": "train-images-idx3-ubyte",
    "train_y": "train-labels-idx1-ubyte",
    "test_x": "t10k-images-idx3-ubyte",
    "test_y": "t10k-labels-idx1-ubyte",
}
_UINT8 = 0x08


def read(folder: Path, kept: Mapping[str, ArraySpec]) -> Arrays:
    """Read MNIST from the four uncompressed IDX files in a folder, each verified by its fingerprint.

    Raises:
        UnavailableError: Some of the files are missing.
        DamagedError: Names the file that is truncated or changed.
    """
    missing = [name for name in FILES.values() if not (folder / name).is_file()]
    if missing:
        raise UnavailableError(f"no {missing[0]} in {folder}")
    return {part: check(str(folder / name), _body(folder / name), kept[part]) for part, name in FILES.items()}


def _body(path: Path) -> NDArray[np.uint8]:
    content = np.fromfile(path, dtype=np.uint8)
    if content.size < 4 or content[0] or content[1] or content[2] != _UINT8:
        raise DamagedError(f"{path} is damaged: it does not start as an IDX file of bytes does.")
    return content[4 + 4 * int(content[3]) :]
