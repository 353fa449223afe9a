"""The identity of runs: settings composed, validated and swept; canonical form and id. Imports no torch."""

from hyperopt.config.run import ConfigError, Run, from_canonical, label, resolve

__all__ = ["ConfigError", "Run", "from_canonical", "label", "resolve"]
