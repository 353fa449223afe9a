"""The actions of verbs; each imports its module on use, so that help is fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace


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


def bench(arguments: Namespace) -> int:
    """`hyperopt bench`."""
    from hyperopt.cli import bench as module

    return module.bench(arguments)
