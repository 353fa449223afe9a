"""The errors a user can cause; those of a stack's settings lie with the optimizer."""

from hyperopt.optim.errors import ConfigError, shown, unknown

__all__ = ["ConfigError", "ImpossibleError", "shown", "unknown"]


class ImpossibleError(ValueError):
    """What was asked for is right, but cannot be had here: data out of reach, a damaged file; a sentence."""
