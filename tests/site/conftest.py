"""The site of what is published, built once, and a browser in which tests open it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from browser import Browser, started

from hyperopt.cli.site import write_files
from hyperopt.findings.view import View
from hyperopt.publish import published_views

pytest.importorskip("plotly", reason="the extra site is not installed")


@pytest.fixture(scope="session")
def published() -> Mapping[str, Sequence[View]]:
    return published_views()


@pytest.fixture(scope="session")
def files(published: Mapping[str, Sequence[View]]) -> Mapping[str, str | bytes]:
    from hyperopt.site.build import site

    return site(published)


@pytest.fixture(scope="session")
def folder(files: Mapping[str, str | bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
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
