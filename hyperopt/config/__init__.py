"""What a run is: settings composed, checked and swept; its canonical form and id. Imports no torch."""

from hyperopt.config.run import ConfigError, Run, from_canonical, label, resolve

__all__ = ["ConfigError", "Run", "from_canonical", "label", "resolve"]
