"""Verbs, help and exit codes of the command `hyperopt`; each verb's work is in the module of its name."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from hyperopt.errors import ConfigError, ImpossibleError, unknown
from hyperopt.provenance import DISTRIBUTION, installed

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

EPILOGUE = """\
examples:
  hyperopt run stack=adam/sgd clip=true              one run: Adam, tuned by SGD whose gradients are clipped
  hyperopt run stack=adam/sgd alpha=0.01/1e-5        the alpha of every level, bottom to top
  hyperopt run -m stack=sgd/sgd,adam/sgd clip=false,true seed=0,1,2 epochs=1
                                                     a sweep: packed, cached, resumable
  hyperopt run -m stack=adam/sgd seed='range(0,10)' --plan
                                                     what would run, and how long
  hyperopt tables clipping/table2                    train what is missing and print the table
  hyperopt tables 'clipping/*' seeds=5 budget=30m    more seeds, as far as half an hour goes

exit codes:
  0  all done            1  a run, pack or data set failed
  2  bad input           130  interrupted; the same command goes on where it stopped
"""

RUN_EPILOGUE = """\
what a run is (conf/config.yaml has every key and its default):
  stack=adam/sgd         rules, bottom to top: Adam on the weights, SGD on Adam's hyperparameters
  alpha=1e-4             the top level's;  alpha=0.01/1e-5 every level's
  momentum= beta1= beta2= gamma=    level 0's
  clip=true              norm-averaged clipping at every level above 0;  clip=false/true per level
  tune=all               what level 1 tunes: all, alpha, [alpha,beta1]
  form=reported          the rules as the reports' code has them, or textbook; each habit is a key
  dataset=mnist  model=mlp  model.hidden=[128]  batch_size=256  epochs=5  seed=0
how it runs, no part of what it is:
  device=auto|cpu|cuda  workers=auto|N  pack=auto|N  compile=auto|true|false  format=text|json
with -m every key takes several values: a,b,c  choice(a,b,c)  range(0,3)
"""

PAGES_EPILOGUE = """\
options:
  seeds=5 or seeds=0,3,4   how many seeds, or which     epochs=1   epochs of every run
  budget=30m               train what fits (s, m, h)    needs=any  also what asks for a GPU, without one
  from=published           published records count as present
  stack=, form=, ...       any key of a run that the table does not vary
  device=, workers=, pack=, compile=   as for run
"""

VERBS = {
    "run": ("run", "train one run, or with -m a sweep"),
    "tables": ("pages", "train what is missing for tables of the reports, and print them"),
    "figures": ("pages", "train what is missing for figures of the reports, and draw them"),
    "publish": ("pages", "copy finished runs to results/records and render their pages"),
    "render": ("pages", "rewrite pages in results/ from the published records; trains nothing"),
    "list": ("browse", "list experiments with their state, rules, data sets and models"),
    "show": ("browse", "show a stored run"),
    "data": ("data", "fetch and check data sets"),
    "bench": ("bench", "measure training speed"),
}
"""By verb: the module in which its function lies, and its help. No option of any verb takes a value."""

A_PATTERN = "clipping/table2 or a glob; all without one"
RAW = argparse.RawDescriptionHelpFormatter


class Parser(argparse.ArgumentParser):
    """A parser that reports errors as every command does."""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        raise ConfigError(f"{message}; see {self.prog} --help")


class Version(argparse.Action):
    """Print the version and leave."""

    def __call__(self, *_: Any) -> None:
        """Print it."""
        print(f"hyperopt {installed(DISTRIBUTION)}")
        raise SystemExit(DONE)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = Parser(
        prog="hyperopt",
        description="Optimizers that tune their own hyperparameters, and the reports about them, reproduced.",
        epilog=EPILOGUE,
        formatter_class=RAW,
    )
    top.add_argument("--version", action=Version, nargs=0, help="print the version")
    verbs = top.add_subparsers(dest="verb", metavar="COMMAND", parser_class=Parser)
    epilogues = {"run": RUN_EPILOGUE, "tables": PAGES_EPILOGUE, "figures": PAGES_EPILOGUE}
    of = {
        name: verbs.add_parser(
            name, help=says, description=f"{says}.", epilog=epilogues.get(name), formatter_class=RAW
        )
        for name, (_, says) in VERBS.items()
    }
    of["run"].add_argument(
        "-m", "--multirun", action="store_true", help="every combination of the values given"
    )
    for name in ("run", "tables", "figures"):
        of[name].add_argument(
            "--plan", action="store_true", help="say what would run and how long, and train nothing"
        )
    for name in ("run", "bench"):
        of[name].add_argument("overrides", nargs="*", metavar="KEY=VALUE")
    for name in ("tables", "figures"):
        of[name].add_argument("asked", nargs="*", metavar="ID|KEY=VALUE", help=A_PATTERN)
    of["publish"].add_argument("asked", nargs="+", metavar="ID", help="clipping/table2 or a glob")
    of["render"].add_argument("asked", nargs="*", metavar="ID", help=A_PATTERN)
    of["show"].add_argument("run", metavar="RUN", help="a run's id, or the start of it")
    of["data"].add_argument(
        "names", nargs="*", metavar="NAME", help="mnist, ...; without one, what lies in the cache"
    )
    of["data"].add_argument("--refetch", action="store_true", help="fetch again, whatever lies in the cache")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code.

    Bad input is refused, with exit code 2, before anything is written.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        verb = next((word for word in words if not word.startswith("-")), None)
        if verb is not None and verb not in VERBS:
            raise unknown("command", verb, VERBS)
        flags_first = [*words[:1], *sorted(words[1:], key=lambda word: not word.startswith("-"))]
        arguments = parser().parse_args(flags_first)
        if arguments.verb is None:
            parser().print_help()
            return BAD_INPUT
        command = getattr(import_module(f"hyperopt.cli.{VERBS[arguments.verb][0]}"), arguments.verb)
        code: int = command(arguments)
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
        return int(leave.code or 0)
    return code
