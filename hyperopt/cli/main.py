"""The command `hyperopt`: what it does with its words, and its exit codes."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import TYPE_CHECKING

from hyperopt.cli.verbs import command_line
from hyperopt.errors import ConfigError, ImpossibleError, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130
LOG = logging.getLogger("hyperopt")


class Lines(logging.Handler):
    """Prints what other parts have to say, such as which damaged file they passed over."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print it."""
        print(f"hyperopt: {record.getMessage()}", file=sys.stderr)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code.

    Bad input is refused, with exit code 2, before anything is written.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if not LOG.handlers:
        LOG.addHandler(Lines())
    parser, verbs = command_line()
    try:
        verb = next((word for word in words if not word.startswith("-")), None)
        if verb is not None and verb not in verbs:
            raise unknown("command", verb, verbs)
        flags_first = [*words[:1], *sorted(words[1:], key=lambda word: not word.startswith("-"))]
        try:
            arguments = parser.parse_args(flags_first)
        except SystemExit as leave:  # the help or the version has been printed
            return int(leave.code or 0)
        if arguments.action is None:
            parser.print_help()
            return BAD_INPUT
        code: int = arguments.action(arguments)
    except ConfigError as error:
        print(f"hyperopt: {error}", file=sys.stderr)
        return BAD_INPUT
    except ImpossibleError as error:
        print(f"hyperopt: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("hyperopt: interrupted; the same command goes on where it stopped", file=sys.stderr)
        return INTERRUPTED
    except SystemExit as leave:
        *_, frame = traceback.extract_tb(leave.__traceback__)
        where = f"{frame.filename}, line {frame.lineno}"
        print(f"hyperopt: sys.exit({leave.code!r}) ended the command, from {where}", file=sys.stderr)
        return FAILED
    return code
