"""`same_records.py HOME HOME`: exit code 1 unless two stores hold the same runs with the same numbers."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from small_runs import measured

from hyperopt.records import Store


def main(first: Path, second: Path) -> int:
    """Say how many runs there are in each, and how many of them differ."""
    a, b = (Store(home / "records").load() for home in (first, second))
    differ = [id_ for id_ in a.keys() & b.keys() if measured(a[id_]) != measured(b[id_])]
    alone = len(a.keys() ^ b.keys())
    print(f"{len(a)} and {len(b)} runs, {alone} in one only, {len(differ)} with other numbers")
    return 1 if differ or a.keys() != b.keys() or not a else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
