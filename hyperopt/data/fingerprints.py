"""Verification of data: sha256 of every array, whatever its source."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hyperopt.data.errors import DamagedError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ArraySpec:
    """One uint8 array of a data set in canonical order, and the sha256 of its bytes (C order, no header)."""

    shape: tuple[int, ...]
    sha256: str


def sha256(array: NDArray[Any]) -> str:
    """Return the hex sha256 of an array's bytes in C order."""
    import numpy as np

    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def short(digests: Iterable[str]) -> str:
    """Return one short name for several arrays: 16 hex digits of a hash of their sha256, in order."""
    return hashlib.sha256("".join(digests).encode()).hexdigest()[:16]


def check(where: str, array: NDArray[np.uint8], spec: ArraySpec, remedy: str = "") -> NDArray[np.uint8]:
    """Return the array in the shape of its spec, after verifying its bytes.

    Args:
        where: Where the user can find it: a file, or an array's name and source.
        remedy: The last sentence of the error.

    Raises:
        DamagedError: Names `where`, the expected checksum and the actual one.
    """
    found, size = sha256(array), math.prod(spec.shape)
    if found != spec.sha256:
        length = "" if array.size == size else f" ({array.size} bytes of data instead of {size})"
        told = f"{where} is damaged{length}: expected sha256 {spec.sha256}, found {found}."
        raise DamagedError(f"{told} {remedy}".rstrip())
    return array.reshape(spec.shape)


def check_all(
    name: str, source: str, arrays: Mapping[str, NDArray[np.uint8]], kept: Mapping[str, ArraySpec]
) -> dict[str, NDArray[np.uint8]]:
    """Check all arrays in `kept` as in `check`; also detects a wrong order of channels or rows."""
    return {part: check(f"{name} {part} from {source}", arrays[part], spec) for part, spec in kept.items()}
