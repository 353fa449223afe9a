"""What the command `hyperopt` understands: its verbs, their words and options, and help.

An action imports its module when it is asked for, so that help and a misspelt verb wait for nothing. No
option of any verb takes a value.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NoReturn

from hyperopt.errors import ConfigError, shortened
from hyperopt.provenance import DISTRIBUTION, installed

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Collection

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
  format=markdown          the whole page, also on a terminal; elsewhere it is printed anyway
"""

A_PATTERN = "clipping/table2 or a glob; all without one"


class Parser(argparse.ArgumentParser):
    """A parser that reports errors as every command does, and keeps the lines of its help."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **options)

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        raise ConfigError(f"{shortened(message)}; see {self.prog} --help")


class Version(argparse.Action):
    """Print the version and leave."""

    def __call__(self, *_: Any) -> None:
        """Print it."""
        print(f"hyperopt {installed(DISTRIBUTION)}")
        raise SystemExit(0)


def command_line() -> tuple[Parser, Collection[str]]:
    """The parser, whose result has the `action` of its verb, and the verbs it knows."""
    top = Parser(
        prog="hyperopt",
        description="Optimizers that tune their own hyperparameters, and the reports about them, reproduced.",
        epilog=EPILOGUE,
    )
    top.add_argument("--version", action=Version, nargs=0, help="print the version")
    top.set_defaults(action=None)
    verbs = top.add_subparsers(metavar="COMMAND", parser_class=Parser)

    def verb(name: str, says: str, epilogue: str | None = None) -> Parser:
        return verbs.add_parser(name, help=says, description=f"{says}.", epilog=epilogue)

    of = verb("run", "train one run, or with -m a sweep", RUN_EPILOGUE)
    of.set_defaults(action=run)
    of.add_argument("-m", "--multirun", action="store_true", help="every combination of the values given")
    _may_plan(of)
    of.add_argument("overrides", nargs="*", metavar="KEY=VALUE")

    of = verb("tables", "train what is missing for tables of the reports, and print them", PAGES_EPILOGUE)
    of.set_defaults(action=tables)
    _may_plan(of)
    of.add_argument("asked", nargs="*", metavar="ID|KEY=VALUE", help=A_PATTERN)

    of = verb("figures", "train what is missing for figures of the reports, and draw them", PAGES_EPILOGUE)
    of.set_defaults(action=figures)
    _may_plan(of)
    of.add_argument("asked", nargs="*", metavar="ID|KEY=VALUE", help=A_PATTERN)

    of = verb("publish", "copy finished runs to results/records and render their pages")
    of.set_defaults(action=publish)
    of.add_argument("asked", nargs="+", metavar="ID", help="clipping/table2 or a glob")

    of = verb("render", "rewrite pages in results/ from the published records; trains nothing")
    of.set_defaults(action=render)
    of.add_argument("asked", nargs="*", metavar="ID", help=A_PATTERN)

    verb("list", "list experiments with their state, rules, data sets and models").set_defaults(action=browse)

    of = verb("show", "show a stored run")
    of.set_defaults(action=show)
    of.add_argument("run", metavar="RUN", help="a run's id, or the start of it")

    of = verb("data", "fetch and check data sets")
    of.set_defaults(action=data)
    of.add_argument(
        "names", nargs="*", metavar="NAME", help="mnist, ...; without one, what lies in the cache"
    )
    of.add_argument("--refetch", action="store_true", help="fetch again, whatever lies in the cache")

    of = verb("bench", "measure training speed")
    of.set_defaults(action=bench)
    of.add_argument("overrides", nargs="*", metavar="KEY=VALUE")
    return top, verbs.choices


def _may_plan(of: Parser) -> None:
    of.add_argument("--plan", action="store_true", help="say what would run and how long, and train nothing")


def run(arguments: Namespace) -> int:
    """`hyperopt run`."""
    from hyperopt.cli import run as module

    return module.run(arguments)


def tables(arguments: Namespace) -> int:
    """`hyperopt tables`."""
    from hyperopt.cli import pages

    return pages.tables(arguments)


def figures(arguments: Namespace) -> int:
    """`hyperopt figures`."""
    from hyperopt.cli import pages

    return pages.figures(arguments)


def publish(arguments: Namespace) -> int:
    """`hyperopt publish`."""
    from hyperopt.cli import publishing

    return publishing.publish(arguments)


def render(arguments: Namespace) -> int:
    """`hyperopt render`."""
    from hyperopt.cli import publishing

    return publishing.render(arguments)


def browse(arguments: Namespace) -> int:
    """`hyperopt list`."""
    from hyperopt.cli import browse as module

    return module.browse(arguments)


def show(arguments: Namespace) -> int:
    """`hyperopt show`."""
    from hyperopt.cli import browse as module

    return module.show(arguments)


def data(arguments: Namespace) -> int:
    """`hyperopt data`."""
    from hyperopt.cli import data as module

    return module.data(arguments)


def bench(arguments: Namespace) -> int:
    """`hyperopt bench`."""
    from hyperopt.cli import bench as module

    return module.bench(arguments)
