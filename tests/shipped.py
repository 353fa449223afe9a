"""The experiments that ship, read once for all the tests that there is one of for each."""

from __future__ import annotations

from hyperopt.experiments import load

SHIPPED = {experiment.id: experiment for experiment in load()}
