import os
import subprocess
import sys
from pathlib import Path

import pytest


def command(line: str, tmp_path: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    """What a shell gets of a command line."""
    environment = {**os.environ, "HYPEROPT_HOME": str(tmp_path / "home"), **changed}
    root = Path(__file__).parents[2]
    shell = line.replace("hyperopt", f"{sys.executable} -m hyperopt")
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", shell],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_reader_that_goes_away_ends_the_command_quietly(tmp_path: Path) -> None:
    done = command("hyperopt --help | true", tmp_path)
    assert done.stderr == ""
    assert done.returncode in (0, 141), "the help may be out before its reader is away"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("line", ["hyperopt --help", "hyperopt runs from=published id=0*"])
def test_a_full_disk_is_a_sentence(line: str, unbuffered: str, tmp_path: Path) -> None:
    done = command(f"{line} > /dev/full", tmp_path, PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 1
    assert done.stderr == "hyperopt: standard output cannot be written: No space left on device.\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_stops_nothing(closed: str, tmp_path: Path) -> None:
    done = command(f"hyperopt runs {closed}", tmp_path)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_run_is_kept_where_nothing_can_be_printed(tmp_path: Path) -> None:
    run = "hyperopt run stack=sgd dataset=iris epochs=1 compile=false workers=1"
    done = command(f"{run} > /dev/full 2> /dev/full", tmp_path, PYTHONUNBUFFERED="1")
    assert done.returncode == 1
    assert list((tmp_path / "home" / "records").rglob("*.parquet"))


def test_letters_that_the_output_lacks_are_replaced(tmp_path: Path) -> None:
    done = command("hyperopt r\u00e4m", tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.stderr.startswith("hyperopt: there is no command 'r?m'; ")


def test_a_notebooks_backend_stops_no_drawing(tmp_path: Path) -> None:
    backend = "module://matplotlib_inline.backend_inline"
    done = command("hyperopt figures steroids/fig1 from=published", tmp_path, MPLBACKEND=backend)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "home" / "pages" / "steroids" / "fig1.svg").is_file()
