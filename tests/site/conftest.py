"""The site of what is published, built once, and a browser in which tests open it."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from browser import Browser, started
from filelock import FileLock

from hyperopt.cli.site import write_files
from hyperopt.findings.view import View
from hyperopt.publish import published_views

pytest.importorskip("plotly", reason="the extra site is not installed")


Views = Mapping[str, Sequence[View]]
Files = Mapping[str, str | bytes]


@pytest.fixture(scope="session")
def built(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> tuple[Views, Files]:
    """The views and the site of them: made by the process that comes first, as that takes long."""
    from hyperopt.site.build import site

    folder = tmp_path_factory.getbasetemp()
    if hasattr(pytestconfig, "workerinput"):  # one of several processes, each with a folder in that of all
        folder = folder.parent
    kept = folder / "site.pickle"
    with FileLock(folder / "site.lock"):
        if not kept.exists():
            views = published_views()
            kept.write_bytes(pickle.dumps((views, site(views))))
    made: tuple[Views, Files] = pickle.loads(kept.read_bytes())
    return made


@pytest.fixture(scope="session")
def published(built: tuple[Views, Files]) -> Views:
    return built[0]


@pytest.fixture(scope="session")
def files(built: tuple[Views, Files]) -> Files:
    return built[1]


@pytest.fixture(scope="session")
def folder(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    write_files(folder, files)
    return folder


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests, as starting it takes a second."""
    pytest.importorskip("selenium", reason="the extra browser is not installed")
    for program in ("chromium", "chromedriver"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} here: apt-get install chromium chromium-driver")
    with started(tmp_path_factory.mktemp("profile")) as browser:
        yield browser
