"""Locations of conf/, experiments/ and results/, which ship beside the package.

In a checkout they are at the top level; a wheel contains them inside the package (wheel.sources in
pyproject.toml).
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def checkout_root() -> Path | None:
    """Return the checkout that this package is imported from, or None if it was installed from a wheel."""
    root = _PACKAGE.parent
    return root if (root / "pyproject.toml").is_file() and (root / "conf").is_dir() else None


def conf_dir() -> Path:
    """Return the folder of the Hydra configuration: the default settings of a run."""
    return _top() / "conf"


def experiments_dir() -> Path:
    """Return the folder of the experiments: one YAML file per table or figure, one folder per report."""
    return _top() / "experiments"


def results_dir() -> Path:
    """Return the folder of published results: always records/; the pages only in a checkout."""
    return _top() / "results"


def _top() -> Path:
    return checkout_root() or _PACKAGE / "_files"
