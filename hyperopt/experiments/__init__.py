"""What is asked: tables and figures of the reports, their numbers and claims, read from YAML."""

from hyperopt.experiments.experiment import Experiment, ExperimentError
from hyperopt.experiments.grid import Cell
from hyperopt.experiments.reading import ids, load, read

__all__ = ["Cell", "Experiment", "ExperimentError", "ids", "load", "read"]
