"""`hyperopt publish` and `hyperopt render`: finished runs into the checkout's results, and its pages anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperopt.errors import ConfigError
from hyperopt.files import checkout_root
from hyperopt.records import working

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from hyperopt.experiments import Experiment
    from hyperopt.pages import Page


def publish(arguments: Namespace) -> int:
    """Copy finished runs to the published records and render their pages."""
    experiments = _asked("publish", arguments.asked)
    from hyperopt.publish import publish as publish_records

    return _say(experiments, publish_records(experiments, working()))


def render(arguments: Namespace) -> int:
    """Rewrite published pages from the published records."""
    experiments = _asked("render", arguments.asked)
    from hyperopt.publish import render as render_pages

    return _say(experiments, render_pages(experiments))


def _asked(verb: str, patterns: Sequence[str]) -> list[Experiment]:
    """The experiments named, in a checkout."""
    from hyperopt.experiments import load

    if checkout_root() is None:
        raise ConfigError(
            f"{verb} writes the results of a checkout, and this is an installed package: clone it."
        )
    for word in patterns:
        if "=" in word:
            raise ConfigError(f"{word}: only ids and globs are expected here, such as clipping/table2.")
    # All that can be read, unless some are named; what is passed over is told where its page is missed.
    return load(*patterns, unreadable=None if patterns else lambda *_: None)


def _say(experiments: Sequence[Experiment], pages: Mapping[str, Page]) -> int:
    for experiment in experiments:
        page = pages.get(experiment.id)
        print(f"{experiment.id}: {page.verdicts if page else 'no run of it is published'}")
    if others := sorted(pages.keys() - {experiment.id for experiment in experiments}):
        print(f"also rendered, as they share runs: {', '.join(others)}")
    return 0
