"""Errors that a user can cause; `hyperopt.optim` has those about a stack's settings."""

from hyperopt.optim.errors import MOST_NAMES, ConfigError, shortened, shown, typed, unknown

__all__ = ["MOST_NAMES", "ConfigError", "ImpossibleError", "shortened", "shown", "typed", "unknown"]


class ImpossibleError(ValueError):
    """A valid request that cannot be met here, for example because data are unavailable or damaged."""
