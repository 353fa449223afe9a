"""The command `hyperopt`, once it is sure that the package `hyperopt` is this project's.

Another project has that name on PyPI. Where both are in one environment, its files lie over ours, under them,
or before them on the path, and what fails then fails far from the reason.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

THEIRS, OURS = "fmin.py", "cli/verbs.py"
"""A file that only theirs has, and one that only ours has."""


def mixed_up(package: Path | None) -> str | None:
    """What is wrong with the package that `import hyperopt` finds, a folder; None if it is ours alone."""
    if package is None:
        return "hyperopt: there is no package hyperopt here: install this project again."
    if not (package / THEIRS).exists() and (package / OURS).exists():
        return None
    how = "lies among the files of this project" if (package / OURS).exists() else "comes before this project"
    return (
        f"hyperopt: PyPI's package hyperopt, another project, {how}, in {package}. The two cannot share an "
        "environment: `pip uninstall hyperopt hyperopt-stacks`, then install this project again."
    )


def main() -> int:
    """Run the command; returns its exit code."""
    spec = find_spec("hyperopt")  # imports nothing
    places = list(spec.submodule_search_locations or ()) if spec else []
    if wrong := mixed_up(Path(places[0]) if places else None):
        print(wrong, file=sys.stderr)
        return 1
    from hyperopt.cli import main as command

    return command()
