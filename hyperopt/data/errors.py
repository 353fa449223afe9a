"""Errors of data sets, each a sentence for the user."""

from hyperopt.errors import ImpossibleError


class DataError(ImpossibleError):
    """A data set is unavailable, damaged, or was requested with an option that it does not have."""


class DamagedError(DataError):
    """Bytes differ from what is expected; the message names the file and both checksums."""


class UnavailableError(Exception):
    """A source cannot supply a data set; the next source is tried."""
