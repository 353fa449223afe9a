"""What a run is: settings composed, checked and swept; its canonical form and id. Imports no torch."""

from hyperopt.config.run import VERSIONS, ConfigError, Run, from_canonical, resolve

__all__ = ["VERSIONS", "ConfigError", "Run", "from_canonical", "resolve"]
