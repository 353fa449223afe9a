"""A headless browser without a network, and what tests ask of its pages."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selenium.webdriver.chrome.webdriver import WebDriver

OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1000",
)
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Browser:
    """A browser.

    Attributes:
        driver: what moves it.
    """

    driver: WebDriver

    def open(self, path: Path | str) -> None:
        """Open a page, of a folder or of a server, and wait until its data are unpacked."""
        self.driver.get(path.resolve().as_uri() if isinstance(path, Path) else path)
        script = "return !window.DATA || document.documentElement.classList.contains('js')"
        self.until(lambda: self.run(script), f"{path} is live")

    def run(self, script: str, *arguments: Any) -> Any:
        """The value of a function's body in the page."""
        return self.driver.execute_script(script, *arguments)

    def one(self, selector: str) -> Any:
        """The first element that a CSS selector finds."""
        return self.driver.find_element("css selector", selector)

    def all(self, selector: str) -> list[Any]:
        """All elements that a CSS selector finds."""
        return self.driver.find_elements("css selector", selector)

    def texts(self, selector: str) -> list[str]:
        """The texts of visible elements."""
        found: list[str] = self.run(
            "return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility())"
            ".map(e => e.textContent.trim())",
            selector,
        )
        return found

    def until(self, true: Callable[[], Any], what: str) -> Any:
        """Wait until something is true, and return it."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not (found := true()):
            assert time.monotonic() < end, what
            time.sleep(0.03)
        return found

    def drawn(self, plots: int = 1) -> None:
        """Wait until so many plots are drawn."""
        script = "return document.querySelectorAll('.plot .main-svg').length >= arguments[0]"
        self.until(lambda: self.run(script, plots), "a plot is drawn")

    def complaints(self) -> list[str]:
        """What the console said since the last time."""
        logs: Any = self.driver
        return [entry["message"] for entry in logs.get_log("browser")]

    def requests(self) -> list[str]:
        """Addresses asked for since the last time."""
        logs: Any = self.driver
        messages = [json.loads(entry["message"])["message"] for entry in logs.get_log("performance")]
        return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]

    def size(self, width: int, height: int = 900) -> None:
        """Show pages on a screen of so many pixels."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def colours(self, scheme: str) -> None:
        """Prefer `light` or `dark`."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


@contextmanager
def started(profile: Path) -> Iterator[Browser]:
    """A browser with a profile of its own."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for option in (*OPTIONS, f"--user-data-dir={profile}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    driver.set_script_timeout(6 * PATIENCE_SECONDS)
    try:
        browser = Browser(driver)
        browser.open("about:blank")
        browser.requests()  # of its own first page
        yield browser
    finally:
        driver.quit()
