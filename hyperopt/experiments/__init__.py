"""Experiments: the reports' tables and figures, with their numbers and claims, read from YAML files."""

from hyperopt.experiments.experiment import Experiment, ExperimentError
from hyperopt.experiments.grid import Cell
from hyperopt.experiments.reading import ids, load, read

__all__ = ["Cell", "Experiment", "ExperimentError", "ids", "load", "read"]
