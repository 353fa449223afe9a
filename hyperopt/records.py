"""What a run leaves, and where it lies: Parquet files of records, complete or absent."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hyperopt.durable import aside
from hyperopt.errors import ImpossibleError
from hyperopt.files import checkout_root, results_dir

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("config", pa.string()),
        ("metrics", pa.map_(pa.string(), pa.list_(pa.float64()))),
        ("hyperparameters", pa.map_(pa.string(), pa.list_(pa.float64()))),
        ("final", pa.map_(pa.string(), pa.float64())),
        ("diverged", pa.bool_()),
        (
            "events",
            pa.list_(
                pa.struct(
                    [
                        ("step", pa.int64()),
                        ("epoch", pa.int64()),
                        ("event", pa.string()),
                        ("level", pa.int64()),
                    ]
                )
            ),
        ),
        ("seconds", pa.float64()),
        ("steps", pa.int64()),
        ("made", pa.map_(pa.string(), pa.string())),
        ("pictures", pa.map_(pa.string(), pa.binary())),
    ]
)


@dataclass(frozen=True)
class Record:
    """One finished run.

    Attributes:
        id: hash of `config`.
        config: the run's canonical form.
        metrics: by name, one number per epoch. `train_loss` and `train_error` are means over the epoch's
            minibatches, each before the step on it; `test_loss` and `test_error` come after the epoch; errors
            are in percent. `learning_rate` is the mean over the epoch of the rate by which the weights moved.
            Where the run asks for them there are `train_loss_full`, over the whole training set, and
            `squared_weights`, a sum without biases. A model of few weights has `w0`, `w1`, ... A rule of
            level 0 may add diagnostics of its own.
        hyperparameters: by "level.name", level 0 at the bottom, the value after each epoch in natural units.
        final: `train_loss_full` and `squared_weights` after the last epoch. A run that stops at a loss has
            `crossed_at`, the step of the first minibatch of that loss, infinite where there was none.
        diverged: whether a loss, weight or hyperparameter was not finite.
        events: what happened and when; steps and epochs are counted from 1, level 0 is at the bottom.
        seconds: time in the training loop, without evaluation and compiling; the time of the pack divided by
            the number of its runs.
        steps: updates of the weights.
        made: what made it: command, commit, versions, device, pack size, start, fingerprint of the data.
        pictures: where the data set's classes are colours, PNG files that show its first test pictures side
            by side: `input`, `truth`, and `prediction` after the last epoch.
    """

    id: str
    config: dict[str, Any]
    metrics: dict[str, list[float]]
    hyperparameters: dict[str, list[float]]
    final: dict[str, float]
    diverged: bool
    seconds: float
    steps: int
    made: dict[str, str]
    events: list[dict[str, Any]] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write records, sorted by id: readers see the whole file or none, also after a loss of power."""
    rows = []
    for record in sorted(records, key=lambda r: r.id):
        row = asdict(record) | {"config": json.dumps(record.config, sort_keys=True)}
        rows.append({k: sorted(v.items()) if isinstance(v, dict) else v for k, v in row.items()})
    with aside(path) as part:
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), part, compression="zstd", write_page_checksum=True)


def read_records(path: Path, ids: Collection[str] | None = None) -> list[Record]:
    """The records of one file: all of them, or those in `ids`.

    Raises:
        RecordsError: the file is damaged, or was not written by this program.
    """
    some = None if ids is None else pc.field("id").isin(pa.array(ids, pa.string()))
    try:
        table = pq.read_table(path, schema=SCHEMA, filters=some, page_checksum_verification=True)
        rows = table.to_pylist(maps_as_pydicts="strict")
        return [
            Record(**row | {"config": json.loads(row["config"]), "pictures": row["pictures"] or {}})
            for row in rows
        ]
    except (pa.ArrowException, OSError, ValueError, TypeError) as error:
        raise _unreadable(path, error) from error


def read_ids(path: Path) -> list[str]:
    """The ids of the records of one file.

    Raises:
        RecordsError: the file is damaged or not of this program.
    """
    try:
        ids: list[str] = pq.read_table(path, columns=["id"], schema=SCHEMA)["id"].to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from error
    return ids


def _unreadable(path: Path, error: Exception) -> RecordsError:
    return RecordsError(f"{path} is not a readable file of records ({error}): move it away to go on")


class RecordsError(ImpossibleError):
    """A file of records that cannot be read."""


@dataclass(frozen=True)
class Store:
    """A folder of files of records; where several have a record of one run, the first file by name counts."""

    root: Path

    def files(self) -> Iterator[Path]:
        """Every finished file, in order of name."""
        return iter(sorted(self.root.rglob("*.parquet"))) if self.root.is_dir() else iter(())

    def ids(self) -> set[str]:
        """Ids of all runs here."""
        return set(chain.from_iterable(map(read_ids, self.files())))

    def present(self, ids: Iterable[str]) -> set[str]:
        """Those of `ids` whose records are here now, also by another command; cheap, and reads no record."""
        return self.ids().intersection(ids)

    def load(self, ids: Iterable[str] | None = None) -> dict[str, Record]:
        """Records by id: all of them, or those in `ids` that are here."""
        return first_of(self.by_file(ids).values())

    def by_file(self, ids: Iterable[str] | None = None) -> dict[Path, list[Record]]:
        """The same records by their file, in order of name."""
        wanted = None if ids is None else list(ids)
        return {path: read_records(path, wanted) for path in self.files()}

    def write(self, records: Sequence[Record], name: str) -> Path:
        """Write one pack's records as `name`.parquet."""
        path = self.root / f"{name}.parquet"
        write_records(path, records)
        return path


def first_of(groups: Iterable[Iterable[Record]]) -> dict[str, Record]:
    """Records by id; of several with the same id the first counts."""
    found: dict[str, Record] = {}
    for record in chain.from_iterable(groups):
        found.setdefault(record.id, record)
    return found


def home() -> Path:
    """The working store: $HYPEROPT_HOME, else the checkout's runs/, else runs/ in the current folder."""
    if given := os.environ.get("HYPEROPT_HOME"):
        return Path(given).expanduser()
    return (checkout_root() or Path.cwd()) / "runs"


def working() -> Store:
    """The records of what this machine trained."""
    return Store(home() / "records")


def published() -> Store:
    """The published records."""
    return Store(results_dir() / "records")
