"""Another project's package of the same name is noticed before anything of it is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hyperopt
from hyperopt_stacks import OURS, THEIRS, mixed_up

ROOT = Path(hyperopt.__file__).parents[1]


def test_ours_alone_is_right() -> None:
    assert mixed_up(ROOT / "hyperopt") is None


@pytest.mark.parametrize(
    ("files", "says"),
    [((THEIRS,), "comes before"), ((THEIRS, OURS), "lies among the files"), ((), "comes before")],
)
def test_theirs_is_told_with_the_way_out(files: tuple[str, ...], says: str, tmp_path: Path) -> None:
    package = tmp_path / "site" / "hyperopt"
    for name in ("__init__.py", *files):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("raise RuntimeError('imported')")
    done = subprocess.run(
        [sys.executable, "-c", "import sys, hyperopt_stacks; sys.exit(hyperopt_stacks.main())"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(package.parent), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert says in done.stderr
    assert str(package) in done.stderr
    assert "pip uninstall hyperopt hyperopt-stacks" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_no_package_at_all_is_told() -> None:
    assert "no package" in (mixed_up(None) or "")
