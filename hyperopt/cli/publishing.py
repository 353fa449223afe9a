"""`hyperopt publish` and `hyperopt render`: copy finished runs into the results and render the pages."""

from __future__ import annotations

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
    """Copy finished runs to the published records and render their pages."""
    shipped, own = _asked("publish", arguments.asked)
    from rich.console import Console

    from hyperopt.cli.progress import telling
    from hyperopt.publish import publish as publish_records
    from hyperopt.publish import publish_own

    with telling(Console(stderr=True)) as tell:
        pages = publish_own(own, working(), tell)
        pages |= publish_records(shipped, working(), tell=tell) if shipped else {}
    return _say([*own, *shipped], pages)


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
    return _say([*own, *shipped], pages)


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


def _say(experiments: Sequence[Experiment], pages: Mapping[str, Page]) -> int:
    for experiment in experiments:
        page = pages.get(experiment.id)
        print(f"{experiment.id}: {page.verdicts if page else 'no run of it is published'}")
    if others := sorted(pages.keys() - {experiment.id for experiment in experiments}):
        print(f"also rendered, as their pages changed: {', '.join(others)}")
    return 0
