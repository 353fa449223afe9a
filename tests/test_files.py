import shutil
import subprocess
import sys
from pathlib import Path

from hyperopt import files


def test_checkout_has_its_files_at_the_top() -> None:
    root = files.checkout_root()
    assert root == Path(__file__).resolve().parent.parent
    assert files.conf_dir() == root / "conf"
    assert files.experiments_dir() == root / "experiments"
    assert files.results_dir() == root / "results"


def test_installed_package_finds_the_files_it_carries(tmp_path) -> None:
    package = tmp_path / "hyperopt"
    package.mkdir()
    (package / "__init__.py").touch()
    shutil.copy(files.__file__, package / "files.py")
    ask = "from hyperopt import files; print(files.checkout_root(), files.conf_dir())"
    told = subprocess.run(
        [sys.executable, "-c", ask], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["None", str(package / "_files" / "conf")]
