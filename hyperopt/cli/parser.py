"""The command-line parser, built from the list of verbs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NoReturn

from hyperopt.cli.help import EPILOGUE
from hyperopt.cli.verbs import VERBS
from hyperopt.errors import ConfigError, shortened
from hyperopt.provenance import DISTRIBUTION, installed

if TYPE_CHECKING:
    from collections.abc import Collection


class Parser(argparse.ArgumentParser):
    """A parser that reports errors like every command and keeps line breaks in its help."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **options)

    def error(self, message: str) -> NoReturn:
        """Reject the command line."""
        raise ConfigError(f"{shortened(message)}; see {self.prog} --help")


class Version(argparse.Action):
    """Print the version and exit."""

    def __call__(self, *_: Any) -> None:
        """Print it."""
        print(f"hyperopt {installed(DISTRIBUTION)}")
        raise SystemExit(0)


def command_line() -> tuple[Parser, Collection[str]]:
    """Return the parser, whose result has the verb's `action`, and the known verbs."""
    top = Parser(
        prog="hyperopt",
        description="Optimizers that tune their own hyperparameters; reproductions of reports about them.",
        epilog=EPILOGUE,
    )
    top.add_argument("--version", action=Version, nargs=0, help="print the version")
    top.set_defaults(action=None)
    verbs = top.add_subparsers(metavar="COMMAND", parser_class=Parser)
    for verb in VERBS:
        of = verbs.add_parser(verb.name, help=verb.says, description=f"{verb.says}.", epilog=verb.epilogue)
        of.set_defaults(action=verb.action)
        for each in verb.words:
            of.add_argument(*each.names, **each.options)
    return top, verbs.choices
