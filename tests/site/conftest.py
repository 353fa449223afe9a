"""The site of what is published, built once, and a browser in which tests open it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from browser import Browser, started

from hyperopt.cli.site import write_files
from hyperopt.findings.view import View

pytest.importorskip("plotly", reason="the extra site is not installed")


Files = Mapping[str, str | bytes]


@pytest.fixture(scope="session")
def files(
    once: Callable[[str, Callable[[], Files]], Files], published: Mapping[str, Sequence[View]]
) -> Files:
    from hyperopt.site.build import site

    return once("site", lambda: site(published))


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
