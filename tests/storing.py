"""`python storing.py FOLDER WRITER SEED`: one of several processes that write to one store, tidy it and read.

Prints the ids that it missed of those it had written, a line each; nothing if all is well.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from made_records import a_record

from hyperopt.records import Store, compaction

PACKS, FEW = 40, 5


def main(folder: Path, writer: str, seed: int) -> None:
    """Write packs of a few records, put small files together now and then, look for what was written."""
    draw = random.Random(f"{writer} {seed}")
    compaction.MANY = FEW
    store = Store(folder / "records", folder)
    written: list[str] = []
    for i in range(PACKS):
        ids = [f"{writer}-{i}-{j}" for j in range(draw.randint(1, 3))]
        store.write([a_record(id=id_) for id_ in ids], f"{draw.randrange(256):02x}{writer}{i}")
        written += ids
        if draw.random() < 0.3:
            compaction.compact(store.root, store._refreshed(), many=FEW)
        some = draw.sample(written, min(len(written), 8))
        reader = draw.choice([store, Store(folder / "records", folder)])
        for missed in {*some} - reader.present(some) | {*some} - {*reader.load(some)}:
            print(missed)
    for missed in {*written} - Store(folder / "records").ids():
        print(missed)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
