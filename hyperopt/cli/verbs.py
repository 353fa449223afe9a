"""The verbs of the command `hyperopt`: the words of each and what it does.

An action imports its module when it is asked for, so that help and a misspelt verb wait for nothing. To add a
verb, write its action and put it into VERBS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hyperopt.cli import help as helps

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Word:
    """A word or option of a verb, as `argparse.ArgumentParser.add_argument` takes it."""

    names: tuple[str, ...]
    options: Mapping[str, Any]


def word(*names: str, **options: Any) -> Word:
    """A word or option."""
    return Word(names, options)


@dataclass(frozen=True)
class Verb:
    """A verb: its name, what it does in a line, its action, its words, and more help."""

    name: str
    says: str
    action: Callable[[Namespace], int]
    words: tuple[Word, ...] = ()
    epilogue: str | None = None


def run(arguments: Namespace) -> int:
    """`hyperopt run`."""
    from hyperopt.cli import run as module

    return module.run(arguments)


def runs(arguments: Namespace) -> int:
    """`hyperopt runs`."""
    from hyperopt.cli import runs as module

    return module.runs(arguments)


def compare(arguments: Namespace) -> int:
    """`hyperopt compare`."""
    from hyperopt.cli import compare as module

    return module.compare(arguments)


def plot(arguments: Namespace) -> int:
    """`hyperopt plot`."""
    from hyperopt.cli import plot as module

    return module.plot(arguments)


def export(arguments: Namespace) -> int:
    """`hyperopt export`."""
    from hyperopt.cli import export as module

    return module.export(arguments)


def tag(arguments: Namespace) -> int:
    """`hyperopt tag`."""
    from hyperopt.cli import tidying as module

    return module.tag(arguments)


def note(arguments: Namespace) -> int:
    """`hyperopt note`."""
    from hyperopt.cli import tidying as module

    return module.note(arguments)


def rm(arguments: Namespace) -> int:
    """`hyperopt rm`."""
    from hyperopt.cli import tidying as module

    return module.rm(arguments)


def gc(arguments: Namespace) -> int:
    """`hyperopt gc`."""
    from hyperopt.cli import tidying as module

    return module.gc(arguments)


def show(arguments: Namespace) -> int:
    """`hyperopt show`."""
    from hyperopt.cli import browse as module

    return module.show(arguments)


def tables(arguments: Namespace) -> int:
    """`hyperopt tables`."""
    from hyperopt.cli import pages

    return pages.tables(arguments)


def figures(arguments: Namespace) -> int:
    """`hyperopt figures`."""
    from hyperopt.cli import pages

    return pages.figures(arguments)


def new(arguments: Namespace) -> int:
    """`hyperopt new`."""
    from hyperopt.cli import new as module

    return module.new(arguments)


def publish(arguments: Namespace) -> int:
    """`hyperopt publish`."""
    from hyperopt.cli import publishing

    return publishing.publish(arguments)


def render(arguments: Namespace) -> int:
    """`hyperopt render`."""
    from hyperopt.cli import publishing

    return publishing.render(arguments)


def which(arguments: Namespace) -> int:
    """`hyperopt which`."""
    from hyperopt.cli import which as module

    return module.which(arguments)


def view(arguments: Namespace) -> int:
    """`hyperopt view`."""
    from hyperopt.cli import view as module

    return module.view(arguments)


def site(arguments: Namespace) -> int:
    """`hyperopt site`."""
    from hyperopt.cli import site as module

    return module.site(arguments)


def browse(arguments: Namespace) -> int:
    """`hyperopt list`."""
    from hyperopt.cli import browse as module

    return module.browse(arguments)


def data(arguments: Namespace) -> int:
    """`hyperopt data`."""
    from hyperopt.cli import data as module

    return module.data(arguments)


def completion(arguments: Namespace) -> int:
    """`hyperopt completion`."""
    from hyperopt.cli import completion as module

    return module.completion(arguments, flags())


def bench(arguments: Namespace) -> int:
    """`hyperopt bench`."""
    from hyperopt.cli import bench as module

    return module.bench(arguments)


COMPARED = word("words", nargs="*", metavar="A B [KEY=VALUE ...]")
EXPORTED = (
    word("kind", metavar="tensorboard|trackio|csv"),
    word("folder", metavar="DIR"),
    word("words", nargs="*", metavar="KEY=VALUE"),
)
NEW = (word("kind", metavar="table|figure"), word("name", metavar="NAME", help="such as mine/first"))
SHELL = word("shell", metavar="bash|zsh|fish")
TAGS = word("tags", metavar="TAG[,TAG]")
REMOVE = word("--remove", action="store_true", help="take the tags away")
NOTE = word("text", metavar="TEXT", help="'' takes the note away")
YES = word("--yes", action="store_true", help="do it without asking")
PLAN = word("--plan", action="store_true", help="say what would run and how long, and train nothing")
CFG = word("--cfg", action="store_true", help="print the run as YAML, and where each value comes from")
DETACH = word("--detach", action="store_true", help="leave jobs to Slurm, to be collected later")
MULTIRUN = word("-m", "--multirun", action="store_true", help="every combination of the values given")
OVERRIDES = word("overrides", nargs="*", metavar="KEY=VALUE")
SELECTION = word("words", nargs="*", metavar="KEY=VALUE")
A_PATTERN = "clipping/table2 or a glob; all without one"
EXPERIMENTS = word("asked", nargs="*", metavar="ID|KEY=VALUE", help=A_PATTERN)

VERBS = (
    Verb(
        "run",
        "train one run, or with -m a sweep",
        run,
        (MULTIRUN, PLAN, CFG, DETACH, OVERRIDES),
        helps.RUN,
    ),
    Verb("runs", "list stored runs, filtered, sorted and grouped", runs, (SELECTION,), helps.RUNS),
    Verb(
        "compare",
        "compare two selections of runs, seed by seed",
        compare,
        (COMPARED,),
        helps.COMPARE,
    ),
    Verb(
        "plot",
        "draw stored runs, with bands over seeds",
        plot,
        (SELECTION,),
        helps.PLOT,
    ),
    Verb("export", "write stored runs for TensorBoard, trackio or as CSV", export, EXPORTED, helps.EXPORT),
    Verb("tag", "put tags on stored runs, or take them away", tag, (TAGS, REMOVE, SELECTION), helps.TAG),
    Verb("note", "write a note on stored runs", note, (NOTE, SELECTION), helps.TAG),
    Verb("rm", "remove stored runs, once they have been named", rm, (YES, SELECTION), helps.SELECTION),
    Verb("gc", "remove what nothing refers to, once it has been named", gc, (YES,)),
    Verb(
        "show",
        "show a stored run",
        show,
        (word("run", metavar="RUN", help="a run's id, or the start of it"),),
    ),
    Verb(
        "tables",
        "train what is missing for tables of the reports, and print them",
        tables,
        (PLAN, DETACH, EXPERIMENTS),
        helps.PAGES,
    ),
    Verb(
        "figures",
        "train what is missing for figures of the reports, and draw them",
        figures,
        (PLAN, DETACH, EXPERIMENTS),
        helps.PAGES,
    ),
    Verb("new", "write the file of a table or figure of your own, which runs as it is", new, NEW),
    Verb(
        "publish",
        "copy finished runs to results/records and render their pages",
        publish,
        (word("asked", nargs="+", metavar="ID", help="clipping/table2 or a glob"),),
    ),
    Verb(
        "render",
        "rewrite pages in results/ from the published records; trains nothing",
        render,
        (word("asked", nargs="*", metavar="ID", help=A_PATTERN),),
    ),
    Verb(
        "which",
        "say which stack to use, by the runs of the study that are in",
        which,
        (word("words", nargs="*", metavar="KEY=VALUE", help="band=0.1, target=1, from=published"),),
    ),
    Verb(
        "view",
        "show stored runs in a browser",
        view,
        (
            word("--no-open", action="store_true", help="write the page and open nothing"),
            word("--port", metavar="N", help="serve it on this machine's loopback address instead"),
            SELECTION,
        ),
        helps.SELECTION,
    ),
    Verb("site", "write the published pages as a site for a browser", site),
    Verb("list", "list experiments with their state, rules, data sets and models", browse),
    Verb(
        "data",
        "fetch and check data sets",
        data,
        (
            word("names", nargs="*", metavar="NAME", help="mnist, ...; without one, what lies in the cache"),
            word("--refetch", action="store_true", help="fetch again, whatever lies in the cache"),
        ),
    ),
    Verb(
        "completion",
        "print what makes a shell complete: bash, zsh or fish",
        completion,
        (SHELL,),
        helps.COMPLETION,
    ),
    Verb("bench", "measure training speed", bench, (OVERRIDES,)),
)
"""Every verb, in the order in which the help lists them."""


def flags() -> dict[str, list[str]]:
    """The flags of each verb, for shells that complete them."""
    return {
        verb.name: [name for word in verb.words for name in word.names if name[:2] == "--"] for verb in VERBS
    }
