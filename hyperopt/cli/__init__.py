"""The command `hyperopt`."""

from hyperopt.cli.main import main

__all__ = ["main"]
