"""Records of runs and their storage: Parquet files of records, and an index of them."""

from hyperopt.records.parquet import read_records, write_records
from hyperopt.records.places import home, published, working
from hyperopt.records.record import Record, same
from hyperopt.records.store import Store
from hyperopt.records.timed import Timed, kind

__all__ = [
    "Record",
    "Store",
    "Timed",
    "home",
    "kind",
    "published",
    "read_records",
    "same",
    "working",
    "write_records",
]
