"""`hyperopt data`: describes the data cache and fetches data sets."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from hyperopt.data import DATASETS, DataError, describe, find, prepare
from hyperopt.errors import ConfigError

if TYPE_CHECKING:
    from argparse import Namespace


def data(arguments: Namespace) -> int:
    """Fetch and verify the named data sets; without a name, describe the cache."""
    for name in arguments.names:
        find(name)
    if arguments.refetch and not arguments.names:
        raise ConfigError("data --refetch: name the data sets to fetch again, such as mnist.")

    failures = 0
    for name in arguments.names:
        try:
            prepare(name, refetch=arguments.refetch)
        except DataError as error:
            print(f"hyperopt: {error}", file=sys.stderr)
            failures += 1
    for name in arguments.names or DATASETS:
        status = describe(name)
        where = f"{status.path}, {status.size / 1e6:.0f} MB" if status.size else "needs no files"
        print(f"{name}: {status.state}" + (f" ({where})" if status.state != "absent" else ""))
        if status.message:
            print(f"  {status.message}")
    return 1 if failures else 0
