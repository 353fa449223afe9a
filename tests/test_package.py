"""What `import hyperopt` offers, and that it costs nothing before it is asked for."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

import hyperopt
from hyperopt.optim import optimizer

LIGHT = """
import sys
import hyperopt
print(*sorted(name for name in sys.modules if name.split(".")[0] in ("hyperopt", "numpy", "torch")))
"""


def test_the_package_has_the_optimizer_the_runs_and_the_version() -> None:
    assert hyperopt.HyperOptimizer is optimizer.HyperOptimizer
    assert hyperopt.__version__ == version("hyperopt-stacks")
    assert all(hasattr(hyperopt, name) for name in hyperopt.__all__)
    with pytest.raises(AttributeError, match="module 'hyperopt' has no attribute 'fmin'"):
        hyperopt.fmin  # noqa: B018


def test_importing_it_imports_nothing_heavy() -> None:
    said = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["hyperopt"]
