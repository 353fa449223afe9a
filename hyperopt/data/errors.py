"""What can go wrong with a data set, each error a sentence for the user."""

from hyperopt.errors import ImpossibleError


class DataError(ImpossibleError):
    """A data set cannot be had, is damaged, or was asked for with an option it does not have."""


class DamagedError(DataError):
    """Bytes that are not as expected; the message names the file, the checksum expected and the one found."""


class UnavailableError(Exception):
    """A source cannot supply a data set here; the next source is tried."""
