"""Whether everybody can read the site: axe-core finds nothing serious, and keys reach every control."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import Browser
from filelock import FileLock
from selenium.webdriver import Keys

from hyperopt.data.errors import UnavailableError
from hyperopt.data.npm import Package, download

AXE = Package("axe-core", "4.11.0", "39bed7d72308f6d620789c169d699bfd7e8da80f65b545821a6b2215c3e83107")
CHECKED = (
    ("index", "light", "body"),
    ("clipping/table2", "light", "body"),
    ("clipping/table2", "dark", "body"),
    ("hypergradient/fig3_logistic", "light", "#shown"),
    ("hypergradient/fig4", "light", "#shown"),
)
"""Pages, and the part of each that other pages do not have too."""


@pytest.fixture(scope="module")
def axe(pytestconfig: pytest.Config) -> str:
    folder = pytestconfig.cache.mkdir("axe-core")
    script = folder / "package" / "axe.min.js"
    with FileLock(folder / ".lock"):
        if not script.is_file():
            try:
                download(AXE, folder)
            except UnavailableError as error:
                pytest.skip(f"axe-core is out of reach: {error}")
    return script.read_text(encoding="utf-8")


@pytest.mark.parametrize(("page", "scheme", "part"), CHECKED)
def test_axe_finds_nothing_serious(
    browser: Browser, folder: Path, axe: str, page: str, scheme: str, part: str
):
    browser.size(1280, 1000)
    browser.colours(scheme)
    browser.open(folder / f"{page}.html")
    for button in browser.all("#comparison button.unfold")[:1]:
        button.click()
    browser.run(axe)
    found = browser.driver.execute_async_script(
        "const [part, only, done] = arguments;"
        "axe.run(part, {preload: false, ...(only && {runOnly: [only]})})"
        ".then(done, error => done({violations: [{id: String(error), impact: 'critical', nodes: []}]}))",
        part,
        "color-contrast" if scheme == "dark" else "",  # the only thing that is not as in the light
    )
    serious = [
        (one["id"], [node["html"][:200] for node in one["nodes"][:3]])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_keys_reach_every_control_and_the_first_leads_to_the_content(browser: Browser, folder: Path):
    browser.open(folder / "clipping/table2.html")
    reached: set[str] = set()
    body = browser.one("body")
    for i in range(30):
        (body if i == 0 else browser.driver.switch_to.active_element).send_keys(Keys.TAB)
        reached.add(browser.driver.switch_to.active_element.text.split("\n")[0])
        if i == 0:
            assert browser.driver.switch_to.active_element.text == "To the content"
    assert {"hyperopt: all results", "Copy the numbers as CSV", "Copy the command", "Numbers"} <= reached
    outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
