"""`hyperopt which`: which stack to use, by the runs of the study that are in."""

from __future__ import annotations

import math
from collections import ChainMap
from typing import TYPE_CHECKING

from hyperopt.cli.words import ANY, FROM, split
from hyperopt.errors import ConfigError, shortened, typed

if TYPE_CHECKING:
    from argparse import Namespace


def which(arguments: Namespace) -> int:
    """Print the page with the answers, for the band and the target that are given."""
    words, options = split(arguments.words, {**FROM, "band": ANY, "target": ANY})
    if words:
        raise ConfigError(f"{shortened(words[0])}: band=, target= or from= is expected.")
    from hyperopt.findings.advice import BAND
    from hyperopt.findings.method_costs import costs_file, read
    from hyperopt.findings.methods import LOSS
    from hyperopt.findings.study import experiments_of_study, study
    from hyperopt.findings.to_target import TARGET
    from hyperopt.pages.which_stack import page
    from hyperopt.records import published, working

    band = _positive("band", options, BAND)
    target = _positive("target", options, TARGET)
    stores = {"published": [published], "here": [working], "all": [working, published]}
    experiments = experiments_of_study()
    asked = {id_ for experiment in experiments for id_ in experiment.ids()}
    curves = ChainMap(*(store().curves(LOSS, asked) for store in stores[options.get("from", "all")]))
    print(page(study(curves, experiments), band, target, costs=read(costs_file())), end="")
    return 0


def _positive(key: str, options: dict[str, str], usual: float) -> float:
    try:
        value = float(options.get(key, usual))
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise ConfigError(f"{typed(key, options[key])}: a number above 0 is expected.")
    return value
