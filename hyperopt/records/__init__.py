"""What a run leaves, and where it lies: Parquet files of records, and an index of them."""

from hyperopt.records.index import kind
from hyperopt.records.parquet import read_records, write_records
from hyperopt.records.places import home, published, working
from hyperopt.records.record import Record
from hyperopt.records.store import Store

__all__ = ["Record", "Store", "home", "kind", "published", "read_records", "working", "write_records"]
