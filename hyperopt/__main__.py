"""`python -m hyperopt` is the command `hyperopt`."""

import sys

from hyperopt.cli import main

sys.exit(main())
