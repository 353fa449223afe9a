"""What is asked: experiments read from YAML, what records say of them, verdicts on their claims."""

from hyperopt.experiments.grid import Cell, Experiment, ExperimentError
from hyperopt.experiments.reading import ids, load, read

__all__ = ["Cell", "Experiment", "ExperimentError", "ids", "load", "read"]
