"""The rows of results/gpu.csv, one per number, each written as soon as it is measured."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

WHOLE = "the whole piece"
BEGUN, SECONDS = "begun", "seconds"


@dataclass(frozen=True)
class Row:
    """A number, or a fact in words.

    Attributes:
        device: the name of the GPU, or "cpu" in a rehearsal.
        piece: the piece that measured it.
        subject: the measured subject.
        quantity: the measured quantity with its unit.
        value: a number as text, or words.
    """

    device: str
    piece: str
    subject: str
    quantity: str
    value: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """The key, of which later rows replace earlier ones."""
        return self.device, self.piece, self.subject, self.quantity


FIELDS = tuple(field.name for field in fields(Row))


def append(path: Path, rows: Iterable[Row]) -> None:
    """Append rows to a file, each as soon as it is available."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.is_file()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        if new:
            writer.writeheader()
        for row in rows:
            writer.writerow(asdict(row))
            file.flush()


def read(path: Path) -> list[Row]:
    """Read the rows of a file: the last one of each key, and only those since a piece was last begun."""
    found: dict[tuple[str, str, str, str], Row] = {}
    for row in _lines(path):
        if row.subject == WHOLE and row.quantity == BEGUN:
            again = (row.device, row.piece)
            found = {key: old for key, old in found.items() if (old.device, old.piece) != again}
        found.pop(row.key, None)
        found[row.key] = row
    return list(found.values())


def finished(rows: Iterable[Row], device: str) -> set[str]:
    """Return the pieces that a device has completed."""
    return {row.piece for row in rows if (row.device, row.subject, row.quantity) == (device, WHOLE, SECONDS)}


def _lines(path: Path) -> Iterator[Row]:
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            if None not in line.values():  # a kill may cut the last line
                yield Row(**line)
