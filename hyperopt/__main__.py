"""Entry point of `python -m hyperopt`, which runs the command `hyperopt`."""

import sys

from hyperopt_stacks import main

sys.exit(main())
