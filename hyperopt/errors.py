"""The errors that a user can cause; those of a stack's settings are in `hyperopt.optim`."""

from hyperopt.optim.errors import MOST_NAMES, ConfigError, shortened, shown, typed, unknown

__all__ = ["MOST_NAMES", "ConfigError", "ImpossibleError", "shortened", "shown", "typed", "unknown"]


class ImpossibleError(ValueError):
    """The request is right, but cannot be met here, as data are out of reach or damaged; a sentence."""
