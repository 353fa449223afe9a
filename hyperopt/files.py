"""Where conf/, experiments/ and results/ lie, which ship beside the package.

In a checkout they are at its top level; a wheel carries them inside the package (wheel.sources in
pyproject.toml).
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def checkout_root() -> Path | None:
    """The checkout this package is imported from, or None where it was installed from a wheel."""
    root = _PACKAGE.parent
    return root if (root / "pyproject.toml").is_file() and (root / "conf").is_dir() else None


def conf_dir() -> Path:
    """The Hydra configuration: what one run is."""
    return _top() / "conf"


def experiments_dir() -> Path:
    """The experiments, one YAML file per table or figure, in a folder per report."""
    return _top() / "experiments"


def results_dir() -> Path:
    """The published results: records/ always, the pages made from them only in a checkout."""
    return _top() / "results"


def _top() -> Path:
    return checkout_root() or _PACKAGE / "_files"
