"""`python -m hyperopt` is the command `hyperopt`."""

import sys

from hyperopt_stacks import main

sys.exit(main())
