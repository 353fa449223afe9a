"""Users' tags and notes on runs, stored beside the records and not part of a run's id."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from hyperopt.durable import Lock, StorageError, set_apart, write

LOG = logging.getLogger(__name__)
NAME = "remarks.json"


@dataclass(frozen=True)
class Remark:
    """Tags and a note on a run."""

    tags: tuple[str, ...] = ()
    note: str = ""


def remarks(root: Path) -> dict[str, Remark]:
    """Return the remarks of a working folder by run id.

    A damaged file is moved away, reported and ignored: its content is not lost, and commands still work.

    Raises:
        StorageError: the system does not let us read it.
    """
    path = root / NAME
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        return {str(id_): Remark(tuple(said["tags"]), str(said["note"])) for id_, said in given.items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}.", path) from error
    except (ValueError, TypeError, KeyError, AttributeError):
        moved = set_apart(path, root)
        done = f"It was moved to {moved}; mend it and move it back." if moved else "It is skipped."
        LOG.warning("%s is damaged: tags and notes by run id are expected in it. %s", path, done)
        return {}


def damaged(root: Path) -> list[Path]:
    """Return damaged files that were moved away; only users remove them, since users wrote their content."""
    return sorted((root / "damaged").glob(f"{NAME}.*"))


def remark(
    root: Path,
    ids: Iterable[str],
    *,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    note: str | None = None,
) -> list[Remark]:
    """Add and remove tags of some runs, and write a note on each; an empty note deletes the old one.

    Returns:
        The previous remarks of each run.

    Raises:
        StorageError: the system does not let us write there.
    """
    with Lock(root / f".{NAME}.lock"):
        said = remarks(root)
        before = {id_: said.get(id_, Remark()) for id_ in ids}
        for id_, old in before.items():
            tags = dict.fromkeys((*old.tags, *add))
            kept = tuple(tag for tag in tags if tag not in set(remove))
            said[id_] = Remark(kept, old.note if note is None else note)
        _write(root, said)
    return list(before.values())


def forget(root: Path, ids: Iterable[str]) -> None:
    """Delete the remarks on removed runs."""
    gone = set(ids)
    if not (root / NAME).exists():
        return
    with Lock(root / f".{NAME}.lock"):
        _write(root, {id_: said for id_, said in remarks(root).items() if id_ not in gone})


def _write(root: Path, said: Mapping[str, Remark]) -> None:
    kept = {id_: asdict(said[id_]) for id_ in sorted(said) if said[id_] != Remark()}
    write(root / NAME, json.dumps(kept, indent=0, ensure_ascii=False))
