"""`hyperopt which`: which stack to use, according to the study's available runs."""

from __future__ import annotations

import math
from collections import ChainMap
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from hyperopt.cli.selection_words import ANY, FROM, split
from hyperopt.cli.tables import terminal_width
from hyperopt.errors import ConfigError, shortened, typed, unknown

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from hyperopt.experiments import Experiment
    from hyperopt.findings.questions import Pick

OPTIONS = {**FROM, "band": ANY, "target": ANY, "format": ("text", "markdown")}
SURE = 0.7
"""The likeness (difflib) from which an unknown key is one of ours misspelt; `dataset` is 0.62 of `target`."""
PAGE = "All methods: the same with format=markdown, and, of what is published, results/which_stack/README.md."


def which(arguments: Namespace) -> int:
    """Print the answers for the given workloads, band and target, or the whole page."""
    patterns, options = split(arguments.words, OPTIONS)
    from hyperopt.findings.advice import caution, picks
    from hyperopt.findings.method_costs import costs_file, read
    from hyperopt.findings.methods import LOSS
    from hyperopt.findings.standings import BAND
    from hyperopt.findings.study import experiments_of_study, study
    from hyperopt.findings.to_target import TARGET
    from hyperopt.pages.markdown import unlinked
    from hyperopt.pages.which_stack import page
    from hyperopt.records import published, working

    band = _positive("band", options, BAND)
    target = _positive("target", options, TARGET)
    stores = {"published": [published], "here": [working], "all": [working, published]}
    experiments = _chosen(patterns, experiments_of_study())
    asked = {id_ for experiment in experiments for id_ in experiment.ids()}
    curves = ChainMap(*(store().curves(LOSS, asked) for store in stores[options.get("from", "all")]))
    workloads = study(curves, experiments)
    as_markdown, width = options.get("format") == "markdown", terminal_width()
    if width and not as_markdown and (found := picks(workloads, band, target)):
        _say(width, caution(workloads), found)
    else:
        text = page(workloads, band, target, costs=read(costs_file()))
        print(text if as_markdown else unlinked(text), end="")
    return 0


def _say(width: int, warning: str, found: Sequence[Pick]) -> None:
    """Print the answers, each with the lines of code that create it."""
    from textwrap import fill

    paragraphs = [warning]
    for pick in found:
        paragraphs += [pick.sentence, "\n".join(f"    {line}" for line in pick.lines)]
    for text in filter(None, [*paragraphs, PAGE]):
        print(text if text.startswith(" ") else fill(text.replace("**", ""), width), end="\n\n")


def _chosen(patterns: Sequence[str], experiments: Sequence[Experiment]) -> list[Experiment]:
    """Return the named workloads, by ids with or without their folder, or by globs."""
    chosen: set[str] = set()
    for pattern in patterns:
        matching = {e.id for e in experiments if fnmatchcase(e.id, pattern) or fnmatchcase(_name(e), pattern)}
        if not matching:
            key, equals, _ = pattern.partition("=")
            if equals and get_close_matches(key, OPTIONS, cutoff=SURE):
                raise unknown("key", key, OPTIONS, given=pattern)
            names = ", ".join(map(_name, experiments))
            raise ConfigError(
                f"{shortened(pattern)}: a workload is expected, one of {names}, or a glob; or band=, target=,"
                " from= or format=."
            )
        chosen |= matching
    return [e for e in experiments if not patterns or e.id in chosen]


def _name(experiment: Experiment) -> str:
    return experiment.id.split("/")[-1]


def _positive(key: str, options: dict[str, str], usual: float) -> float:
    try:
        value = float(options.get(key, usual))
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise ConfigError(f"{typed(key, options[key])}: a number above 0 is expected.")
    return value
