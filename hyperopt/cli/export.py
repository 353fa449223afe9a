"""`hyperopt export`: exports stored runs to TensorBoard, trackio or CSV."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from hyperopt.cli.selection_words import FROM, split
from hyperopt.durable import cannot_write
from hyperopt.errors import ConfigError, shortened, unknown
from hyperopt.selection.select import needed
from hyperopt.wording import counted

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence

    from hyperopt.export.series import Exported

KINDS = ("tensorboard", "trackio", "csv")
HOW_TO_SEE = {
    "tensorboard": "tensorboard --logdir '{folder}'",
    "trackio": "TRACKIO_DIR='{folder}' trackio show --project hyperopt",
    "csv": "{folder}/*.csv",
}


def export(arguments: Namespace) -> int:
    """Write runs into a folder; repeating it adds new runs, or overwrites the csv files."""
    if arguments.kind not in KINDS:
        raise unknown("kind of export", arguments.kind, KINDS)
    if "=" in arguments.folder or not arguments.folder.strip():
        raise ConfigError(
            f"export {arguments.kind} {shortened(quote(arguments.folder))}: a folder is expected before what "
            "selects runs."
        )
    words, options = split(arguments.words, FROM)
    chosen = needed(words, options.get("from", "here"), also=FROM)
    from hyperopt.export.series import exported

    runs = exported(chosen)
    folder = Path(arguments.folder).expanduser()
    try:
        new = _writer(arguments.kind)(folder, runs)
    except OSError as error:
        raise cannot_write(folder, error) from error
    groups = counted(len({run.group for run in runs}), "setting")
    print(f"{folder}: {counted(len(runs), 'run')} of {groups}, {new} written")
    print(HOW_TO_SEE[arguments.kind].format(folder=folder))
    return 0


def _writer(kind: str) -> Callable[[Path, Sequence[Exported]], int]:
    if kind == "tensorboard":
        from hyperopt.export.tensorboard import write_events

        return write_events
    if kind == "trackio":
        from hyperopt.export.trackio import write_tables

        return write_tables
    from hyperopt.export.csv_files import write_csv

    return write_csv
