"""Reading experiments from YAML files."""

from hyperopt.experiments.reading.experiment_keys import ids, load, read

__all__ = ["ids", "load", "read"]
