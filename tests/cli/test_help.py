import subprocess
import sys
from pathlib import Path

import pytest

from hyperopt.cli import main


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("hyperopt ")
    assert main(["run", "--help"]) == 0
    assert "stack=adam/sgd" in capsys.readouterr().out


@pytest.mark.parametrize(
    "line",
    [
        "--help",
        "rum",
        "run --help",
        "run stack=adm/sgd",
        "run sede=1",
        "tables clipping/nosuch",
        "publish",
        "data mnits",
        "run --plan",
        "list",
        "show nosuchrun",
    ],
)
def test_what_trains_nothing_waits_for_no_large_library(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path))
    code = f"import sys; from hyperopt.cli import main; main({line.split()}); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "hyperopt.cli.verbs" in loaded
    assert not loaded & {"torch", "pandas", "scipy", "matplotlib", "sklearn"}
    assert "pyarrow" not in loaded or "=" not in line
    assert not loaded & {"hydra", "omegaconf"} or line not in ("run sede=1", "list")
    assert "numpy" not in loaded or line != "run sede=1"
