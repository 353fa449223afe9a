"""`hyperopt publish` and `hyperopt render`: copy finished runs into the results and render the pages."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from hyperopt.errors import ConfigError, shortened
from hyperopt.files import checkout_root
from hyperopt.records import working

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from hyperopt.experiments import Experiment
    from hyperopt.pages.page import Page


def publish(arguments: Namespace) -> int:
    """Copy finished runs to the published records and render their pages.

    Experiments without any published run are reported, and the exit code is then 1.
    """
    shipped, own = _asked("publish", arguments.asked)
    from rich.console import Console

    from hyperopt.cli.progress import telling
    from hyperopt.publish import is_published, publish_own
    from hyperopt.publish import publish as publish_records

    store = working()
    with telling(Console(stderr=True)) as tell:
        pages = publish_own(own, store, tell)
        pages |= publish_records(shipped, store, tell=tell) if shipped else {}
    there = {experiment.id: is_published(experiment) for experiment in (*own, *shipped)}
    _say([experiment for experiment in (*own, *shipped) if there[experiment.id]], pages)
    for experiment in (*own, *shipped):
        if not there[experiment.id]:
            print(
                f"hyperopt: {experiment.id}: no finished run with its settings and seeds is in {store.root}, "
                f"so nothing is published; `{_training(experiment, arguments.asked)}` trains them.",
                file=sys.stderr,
            )
    return 0 if all(there.values()) else 1


def render(arguments: Namespace) -> int:
    """Render published pages from the published records."""
    shipped, own = _asked("render", arguments.asked)
    from rich.console import Console

    from hyperopt.cli.progress import telling
    from hyperopt.publish import render as render_pages
    from hyperopt.publish import render_own

    with telling(Console(stderr=True)) as tell:
        pages = render_own(own, tell)
        pages |= render_pages(shipped, tell=tell) if shipped else {}
    _say([*own, *shipped], pages)
    return 0


def _asked(verb: str, patterns: Sequence[str]) -> tuple[list[Experiment], list[Experiment]]:
    """Return the named experiments: the checkout's and the user's own."""
    from hyperopt.experiments import load

    for word in patterns:
        if "=" in word:
            raise ConfigError(
                f"{shortened(word)}: only ids and globs are expected here, such as clipping/table2."
            )
    # All readable experiments, unless some are named; skipped ones are reported if their page is missing.
    loaded = load(*patterns, unreadable=None if patterns else lambda *_: None)
    own = [experiment for experiment in loaded if experiment.folder]
    shipped = [experiment for experiment in loaded if not experiment.folder]
    if shipped and checkout_root() is None and (patterns or not own):
        raise ConfigError(
            f"{verb} {shipped[0].id} writes into a checkout, and this is an installed package: clone it."
        )
    return shipped if checkout_root() else [], own


def _training(experiment: Experiment, patterns: Sequence[str]) -> str:
    """Return the command that trains an experiment, named by its path if one of the patterns is that."""
    from hyperopt.experiments.reading.roots import id_of_path, is_path

    asked = experiment.lists or experiment
    paths = [word for word in patterns if is_path(word) and id_of_path(word) == asked.id]
    return f"hyperopt {asked.kind}s {shlex.quote(paths[0] if paths else asked.id)}"


def _say(experiments: Sequence[Experiment], pages: Mapping[str, Page]) -> None:
    for experiment in experiments:
        page = pages.get(experiment.id)
        print(f"{experiment.id}: {page.verdicts if page else 'no run of it is published'}")
    if others := sorted(pages.keys() - {experiment.id for experiment in experiments}):
        print(f"also rendered, as their pages changed: {', '.join(others)}")
