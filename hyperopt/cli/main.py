"""The command `hyperopt`: runs a command line and returns its exit code."""

from __future__ import annotations

import atexit
import gc
import logging
import os
import signal
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from hyperopt.cli.parser import command_line
from hyperopt.cli.streams import lost, prepare_streams
from hyperopt.cli.verbs import VERBS, taken
from hyperopt.errors import ConfigError, ImpossibleError, shortened, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

FAILED, BAD_INPUT, INTERRUPTED, UNREAD, TERMINATED = 1, 2, 130, 141, 143
COLLECT_EVERY = 50_000
"""Python collects garbage after so many new objects."""
LOG = logging.getLogger("hyperopt")
WITH_VALUE = {
    name
    for verb in VERBS
    for word in verb.words
    for name in word.names
    if name.startswith("-") and "action" not in word.options
}
"""Options that take a value."""


class TerminatedError(KeyboardInterrupt):
    """SIGTERM: it ends a command as Ctrl-C does, which jobs in the background ignore."""


class Lines(logging.Handler):
    """Prints log messages of other parts, such as skipped damaged files."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print it."""
        print(f"hyperopt: {record.getMessage()}", file=sys.stderr)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code.

    Invalid input is rejected with exit code 2 before anything is written.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    _prepare_process()
    if not LOG.handlers:
        LOG.addHandler(Lines())
    try:
        code = _exit_code(words)
        sys.stdout.flush()
    except BrokenPipeError:  # as in `hyperopt list | head -1`
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains at its end
        return UNREAD
    if why := lost(sys.stdout):
        print(f"hyperopt: standard output cannot be written: {why}.", file=sys.stderr)
        return code or FAILED
    return code


def _exit_code(words: Sequence[str]) -> int:
    """Execute the command line and report errors."""
    parser, verbs = command_line()
    try:
        verb = next((word for word in words if not word.startswith("-")), None)
        if verb is not None and verb not in verbs:
            raise unknown("command", verb, verbs)
        try:
            arguments, unread = parser.parse_known_args([*words[:1], *_flags_first(words[1:])])
        except SystemExit as leave:  # the help or the version has been printed
            return int(leave.code or 0)
        if unread:
            raise ConfigError(f"{shortened(' '.join(unread))}: unknown; {_takes(verb)}")
        if arguments.action is None:
            parser.print_help()
            return BAD_INPUT
        code: int = arguments.action(arguments)
    except ConfigError as error:
        print(f"hyperopt: {error}", file=sys.stderr)
        return BAD_INPUT
    except ImpossibleError as error:
        print(f"hyperopt: {error}{_remedy(error)}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt as interrupt:
        print(
            "hyperopt: interrupted; the same command resumes from finished runs and the last checkpoints",
            file=sys.stderr,
        )
        return TERMINATED if isinstance(interrupt, TerminatedError) else INTERRUPTED
    except SystemExit as leave:
        *_, frame = traceback.extract_tb(leave.__traceback__)
        where = f"{frame.filename}, line {frame.lineno}"
        print(f"hyperopt: sys.exit({leave.code!r}) ended the command, from {where}", file=sys.stderr)
        return FAILED
    return code


def _takes(verb: str | None) -> str:
    """Return a sentence part that says what a verb takes, or the command itself without one."""
    if verb is None:
        return "a command is expected; see hyperopt --help"
    if arguments := taken(verb):
        return f"hyperopt {verb} takes {arguments}; see hyperopt {verb} --help"
    return f"hyperopt {verb} takes no arguments."


def _flags_first(words: Sequence[str]) -> list[str]:
    """Move options, with their values, before the other words, as argparse requires."""
    flags: list[str] = []
    others: list[str] = []
    rest = iter(words)
    for word in rest:
        (flags if word.startswith("-") else others).append(word)
        if word in WITH_VALUE:
            flags += [value for value in [next(rest, None)] if value is not None]
    return [*flags, *others]


def _prepare_process() -> None:
    """Make output work anywhere, plots open no window, SIGTERM interrupt, and garbage collection rare.

    A notebook sets MPLBACKEND to its own backend, without which matplotlib cannot be imported elsewhere.
    Imports only add objects: searching them for garbage every 700 of them, and once more when Python ends,
    took 0.6 s of a short command.
    """
    prepare_streams()
    os.environ["MPLBACKEND"] = "agg"
    gc.set_threshold(COLLECT_EVERY)
    atexit.register(gc.freeze)
    with suppress(ValueError):  # only the main thread can
        signal.signal(signal.SIGTERM, _terminate)


def _terminate(_number: int, _frame: object) -> NoReturn:
    raise TerminatedError


def _remedy(error: ImpossibleError) -> str:
    """Return the remedy for an unusable or full folder of the working store."""
    from hyperopt.records.places import home

    path = getattr(error, "path", None)
    if path is None or home() not in (path, *path.parents):
        return ""
    if getattr(error, "full", False):
        return (
            f" Make room there, or move {home()} and set HYPEROPT_HOME to it; the same command then resumes."
        )
    return " Set HYPEROPT_HOME to a folder that can be written."
