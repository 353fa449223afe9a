"""The verbs of the command `hyperopt`: their words and actions.

To add a verb, write its action (actions.py) and put it into VERBS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hyperopt.cli import actions
from hyperopt.cli import help as helps

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping, Sequence

    from hyperopt.cli.completion import Usage


@dataclass(frozen=True)
class Word:
    """A positional argument or option of a verb, for `argparse.ArgumentParser.add_argument`."""

    names: tuple[str, ...]
    options: Mapping[str, Any]


def word(*names: str, **options: Any) -> Word:
    """Declare a positional argument or option; without a default, argparse would require nargs="*", too."""
    if options.get("nargs") == "*":
        options.setdefault("default", [])
    return Word(names, options)


@dataclass(frozen=True)
class Verb:
    """A verb: its name, one-line description, action, arguments, and longer help."""

    name: str
    says: str
    action: Callable[[Namespace], int]
    words: tuple[Word, ...] = ()
    epilogue: str | None = None


def completion(arguments: Namespace) -> int:
    """`hyperopt completion`."""
    from hyperopt.cli import completion as module

    return module.completion(arguments, usage())


COMPARED = word("words", nargs="*", metavar="A B [KEY=VALUE ...]")
EXPORTED = (
    word("kind", metavar="tensorboard|trackio|csv"),
    word("folder", metavar="DIR"),
    word("words", nargs="*", metavar="KEY=VALUE"),
)
NEW = (word("kind", metavar="table|figure"), word("name", metavar="NAME", help="such as mine/first"))
SHELL = word("shell", metavar="bash|zsh|fish")
TAGS = word("tags", metavar="TAG[,TAG]")
REMOVE = word("--remove", action="store_true", help="remove the tags")
NOTE = word("text", metavar="TEXT", help="'' deletes the note")
YES = word("--yes", action="store_true", help="do it without asking")
PLAN = word("--plan", action="store_true", help="show what would run and how long, and train nothing")
CFG = word("--cfg", action="store_true", help="print the run as YAML, and where each value comes from")
DETACH = word("--detach", action="store_true", help="leave jobs to Slurm, to be collected later")
MULTIRUN = word("-m", "--multirun", action="store_true", help="train every combination of the given values")
OVERRIDES = word("overrides", nargs="*", metavar="KEY=VALUE")
SELECTION = word("words", nargs="*", metavar="KEY=VALUE")
A_PATTERN = "clipping/table2 or a glob; default: all"
EXPERIMENTS = word("asked", nargs="*", metavar="ID|KEY=VALUE", help=A_PATTERN)

VERBS = (
    Verb(
        "run",
        "train one run, or with -m a sweep",
        actions.run,
        (MULTIRUN, PLAN, CFG, DETACH, OVERRIDES),
        helps.RUN,
    ),
    Verb(
        "runs",
        "list stored runs, filtered, sorted and grouped",
        actions.runs,
        (SELECTION,),
        helps.RUNS,
    ),
    Verb(
        "compare",
        "compare two selections of runs, seed by seed",
        actions.compare,
        (COMPARED,),
        helps.COMPARE,
    ),
    Verb(
        "plot",
        "plot stored runs, with bands over seeds",
        actions.plot,
        (SELECTION,),
        helps.PLOT,
    ),
    Verb(
        "export",
        "write stored runs for TensorBoard, trackio or as CSV",
        actions.export,
        EXPORTED,
        helps.EXPORT,
    ),
    Verb(
        "tag",
        "add tags to stored runs, or remove them",
        actions.tag,
        (TAGS, REMOVE, SELECTION),
        helps.TAG,
    ),
    Verb("note", "write a note on stored runs", actions.note, (NOTE, SELECTION), helps.TAG),
    Verb(
        "rm",
        "remove stored runs after listing them",
        actions.rm,
        (YES, SELECTION),
        helps.SELECTION,
    ),
    Verb("gc", "remove unreferenced files after listing them", actions.gc, (YES,)),
    Verb(
        "show",
        "show a stored run",
        actions.show,
        (word("run", metavar="RUN", help="a run's id, or the start of it"),),
    ),
    Verb(
        "tables",
        "train missing runs for tables of the reports, and print the tables",
        actions.tables,
        (PLAN, DETACH, EXPERIMENTS),
        helps.PAGES,
    ),
    Verb(
        "figures",
        "train missing runs for figures of the reports, and draw the figures",
        actions.figures,
        (PLAN, DETACH, EXPERIMENTS),
        helps.PAGES,
    ),
    Verb("new", "create the file of your own table or figure, ready to run", actions.new, NEW),
    Verb(
        "publish",
        "copy finished runs to results/records and render their pages",
        actions.publish,
        (word("asked", nargs="+", metavar="ID", help="clipping/table2 or a glob"),),
    ),
    Verb(
        "render",
        "rewrite pages in results/ from the published records; trains nothing",
        actions.render,
        (word("asked", nargs="*", metavar="ID", help=A_PATTERN),),
    ),
    Verb(
        "which",
        "say which stack to use, according to the study's runs",
        actions.which,
        (word("words", nargs="*", metavar="WORKLOAD|KEY=VALUE", help="iris or a glob; default: all"),),
        helps.WHICH,
    ),
    Verb(
        "view",
        "show stored runs in a browser",
        actions.view,
        (
            word("--no-open", action="store_true", help="write the page without opening it"),
            word("--port", metavar="N", help="serve it on this machine's loopback address instead"),
            SELECTION,
        ),
        helps.SELECTION,
    ),
    Verb("site", "write the published pages as a site for a browser", actions.site),
    Verb("list", "list experiments with their state, rules, data sets and models", actions.browse),
    Verb(
        "data",
        "fetch and check data sets",
        actions.data,
        (
            word("names", nargs="*", metavar="NAME", help="mnist, ...; without a name, describe the cache"),
            word("--refetch", action="store_true", help="fetch again, even if cached"),
        ),
    ),
    Verb(
        "completion",
        "print a shell's completion function: bash, zsh or fish",
        completion,
        (SHELL,),
        helps.COMPLETION,
    ),
    Verb("bench", "measure training speed", actions.bench, (OVERRIDES,)),
)
"""Every verb, in the order in which the help lists them."""


def taken(name: str) -> str:
    """Return what a verb takes, as its help shows it: `[--yes] [KEY=VALUE ...]`; "" for nothing."""
    [verb] = [verb for verb in VERBS if verb.name == name]
    return " ".join(map(_shown, verb.words))


def _shown(word: Word) -> str:
    value, nargs = str(word.options.get("metavar", "")), word.options.get("nargs")
    if word.names[0].startswith("-"):
        return f"[{' '.join(filter(None, [word.names[-1], value]))}]"
    several = f"{value} ..." if nargs else value
    return f"[{several}]" if nargs == "*" else several


def usage() -> dict[str, Usage]:
    """Return what may follow each verb, for shell completion."""
    return {verb.name: _usage(verb.words) for verb in VERBS}


def _usage(words: Sequence[Word]) -> Usage:
    plain = [word.options for word in words if word.names[0][:1] != "-"]
    names = [str(options.get("metavar", "")) for options in plain if "nargs" not in options]
    return {
        "flags": [name for word in words for name in word.names if name[:2] == "--"],
        "places": [name.split("|") if "|" in name else [] for name in names],
        "rest": [str(options["metavar"]) for options in plain if "nargs" in options],
    }
