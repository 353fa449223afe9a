"""The site in a real browser, opened from a disk."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from browser import Browser
from selenium.webdriver import ActionChains, Keys
from site_pages import hostile_view

from hyperopt.cli.site import write_files
from hyperopt.findings.view import View
from hyperopt.site.build import site

FIGURE = "hypergradient/fig3_logistic"
HEAT_MAP = "hypergradient/fig4"


@pytest.fixture(autouse=True)
def nothing_wrong(browser: Browser, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No page complains, and none asks for anything beyond its folder."""
    browser.size(1280, 1000)
    browser.colours("light")
    browser.complaints(), browser.requests()  # of other tests
    yield
    assert browser.complaints() == []
    root = tmp_path_factory.getbasetemp().as_uri()
    asked = [url for url in browser.requests() if not url.startswith(("data:", "blob:", "about:"))]
    assert [url for url in asked if not unquote(url).startswith(root)] == []


def test_every_page_opens(browser: Browser, folder: Path):
    browser.size(1280, 500)
    for page in sorted(folder.rglob("*.html")):
        browser.open(page)
        assert browser.run("return document.querySelectorAll('h1').length") == 1, page
        assert browser.run("return document.documentElement.classList.contains('js')"), page


def test_no_page_is_wider_than_a_phone(browser: Browser, folder: Path):
    browser.size(360, 740)
    for name in ("index", "clipping/table2", FIGURE, HEAT_MAP, "adabelief_amsgrad/table4"):
        browser.open(folder / f"{name}.html")
        assert browser.run("return document.documentElement.scrollWidth") <= 360, name


def test_a_browser_that_cannot_unpack_has_the_page_without_scripts(browser: Browser, folder: Path):
    old = {"source": "delete window.DecompressionStream"}
    made = browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", old)
    try:
        browser.driver.get((folder / "clipping/table2.html").as_uri())
        browser.until(lambda: "too old" in browser.one("main").text, "it is said")
        assert browser.texts(".needs-js") == browser.texts("button") == []
        assert len(browser.texts("#comparison td")) > 100
    finally:
        browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", made)


def point_of(browser: Browser, plot: int, trace: int, point: int) -> tuple[float, float]:
    """Where a point of a plot is on the screen."""
    x, y = browser.run(
        """const plot = document.querySelectorAll('#figure .plot')[arguments[0]];
        plot.scrollIntoView({block: 'center'});
        const trace = plot.data[arguments[1]], box = plot.getBoundingClientRect(), full = plot._fullLayout;
        return [box.x + full.xaxis._offset + full.xaxis.d2p(trace.x[arguments[2]]),
                box.y + full.yaxis._offset + full.yaxis.d2p(trace.y[arguments[2]])];""",
        plot,
        trace,
        point,
    )
    return x, y


def hover(browser: Browser, x: float, y: float, of: str) -> str:
    """What is said of a point where the mouse is."""
    actions = ActionChains(browser.driver, duration=0)
    actions.w3c_actions.pointer_action.move_to_location(round(x) + 40, round(y) + 5)
    actions.w3c_actions.pointer_action.move_to_location(round(x), round(y))
    actions.perform()
    script = (
        "const said = document.querySelector('#figure .hovertext')?.textContent;"
        "return said?.startsWith(arguments[0]) && said"
    )
    return str(browser.until(lambda: browser.run(script, of), f"{of} is told"))


def traces(browser: Browser) -> Any:
    """What the first plot consists of."""
    return browser.run(
        "return document.querySelector('#figure .plot').data.map(t => ({mode: t.mode, name: t.name || ''}))"
    )


def test_hovering_tells_the_value_of_every_seed(
    browser: Browser, folder: Path, published: Mapping[str, Sequence[View]]
):
    browser.open(folder / f"{FIGURE}.html")
    browser.drawn()
    view = published[FIGURE][-1]
    [panel, *_] = view.curves
    curve = view.curves[panel][1]
    trace = next(i for i, one in enumerate(traces(browser)) if one["name"] == curve.label)
    told = hover(browser, *point_of(browser, 0, trace, 4), of=f"{curve.label}epoch 5: ")
    seeds = {int(seed): float(value) for seed, value in re.findall(r"seed (\d+): (\d\.\d+?)(?=seed|$)", told)}
    cell = view.experiment.cell(curve.label, "epoch 10")
    records = {seed: view.runs[cell.run(seed).id] for seed in view.seeds}
    assert seeds == pytest.approx(
        {seed: record.metrics["train_loss"][4] for seed, record in records.items()}, rel=1e-4
    )


def test_what_a_figure_shows_is_switched_by_keys(browser: Browser, folder: Path):
    browser.open(folder / f"{FIGURE}.html")
    browser.drawn()
    boxes = {box.find_element("xpath", "..").text.strip(): box for box in browser.all("#figure input")}
    before = len(traces(browser))

    def press(name: str) -> None:
        boxes[name].send_keys(Keys.SPACE)

    press("each seed")
    browser.until(lambda: len(traces(browser)) == before + 7, "each curve has its seeds")
    press("the original authors (open marks)")
    press("middle 90 % of seeds")
    browser.until(lambda: len(traces(browser)) == 3 * 7, "seeds, middles and marks of 7 curves are left")
    log = "return document.querySelector('#figure .plot')._fullLayout.{}axis.type"
    assert browser.run(log.format("y")) == "log"
    press("logarithmic y")
    press("logarithmic x")
    browser.until(lambda: browser.run(log.format("y")) == "linear", "y is linear")
    assert browser.run(log.format("x")) == "log"
    curve = browser.one("#figure .legend button")
    curve.send_keys(Keys.ENTER)
    browser.until(lambda: len(traces(browser)) == 3 * 6, "a curve is gone")
    assert curve.get_attribute("aria-pressed") == "false"


def test_hyperparameters_of_every_level_are_shown_over_epochs(
    browser: Browser, folder: Path, published: Mapping[str, Sequence[View]]
):
    browser.open(folder / "clipping/table2.html")
    browser.run("document.getElementById('learned').scrollIntoView()")
    browser.drawn(3)
    captions = browser.texts("#learned figcaption")
    assert captions[0] == "level 0, adam: alpha"
    assert "level 1, sgd: alpha 0.00001" in browser.one("#held").text
    lines = browser.run("return document.querySelector('#learned .plot').data.map(t => t.y)")
    record = next(
        r for r in published["clipping/table2"][-1].runs.values() if r.config["stack"] == "adam/sgd"
    )
    assert lines[0][:5] == pytest.approx(record.hyperparameters["0.alpha"], rel=1e-5)


def test_a_row_unfolds_into_its_seeds_and_their_configs(
    browser: Browser, folder: Path, published: Mapping[str, Sequence[View]]
):
    browser.open(folder / "clipping/table2.html")
    measured = published["clipping/table2"][-1].measurements["10⁻³", "clip"]
    number = list(published["clipping/table2"][-1].measurements).index(("10⁻³", "clip"))
    row = browser.one(f"#comparison tr[data-cells='{number}']")
    row.find_element("css selector", "button.unfold").send_keys(Keys.ENTER)
    values = [float(text) for text in browser.texts("#comparison .seeds tbody td:nth-child(2)")]
    assert values == pytest.approx(list(measured.by_seed.values()), rel=1e-5)
    ids = browser.texts("#comparison .seeds button")
    assert ids == [measured.cell.run(seed).id for seed in measured.by_seed]
    browser.one("#comparison .seeds button").send_keys(Keys.ENTER)
    facts = browser.texts("#comparison .config tr")
    assert "stackadam/sgd" in facts
    assert any(fact.startswith("torch") for fact in facts)
    assert "clip=true" in browser.one("#comparison .unfolded pre").text


def test_a_table_is_sorted_by_any_column(browser: Browser, folder: Path):
    browser.open(folder / "clipping/table2.html")
    column = "#comparison > .wide tbody tr > :nth-child({})"
    for place, name in ((1, "α"), (4, "mean"), (5, "median"), (10, "agrees")):
        head = browser.one(f"#comparison > .wide th:nth-child({place})")
        assert head.text.startswith(name)
        before = browser.texts(column.format(place))
        head.find_element("css selector", "button").send_keys(Keys.ENTER)
        up = browser.texts(column.format(place))
        assert head.get_attribute("aria-sort") == "ascending"
        head.find_element("css selector", "button").send_keys(Keys.ENTER)
        down = browser.texts(column.format(place))
        assert sorted(up) == sorted(down) == sorted(before)
        assert up != down
        if name in ("mean", "median"):
            assert list(map(float, up)) == sorted(map(float, before))
            assert list(map(float, down)) == sorted(map(float, before), reverse=True)
        if name == "α":
            assert up[:4] == ["10⁻⁵", "10⁻⁵", "5 * 10⁻⁵", "5 * 10⁻⁵"]
            assert up[-1] == down[-1] == "Adam alone"


def test_commands_and_numbers_are_copied(browser: Browser, folder: Path, files: Mapping[str, str | bytes]):
    browser.open(folder / "clipping/table2.html")
    browser.driver.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    )
    copied = "const done = arguments[0]; navigator.clipboard.readText().then(done, e => done(String(e)))"
    for name, start in (
        ("command", "make tables ONLY=clipping/table2"),
        ("csv", "table,row,column,run,metric"),
    ):
        browser.one(f"button[data-copy={name}]").click()
        browser.until(lambda: "Copied." in browser.texts("#said"), "it is said that it was copied")
        text = browser.driver.execute_async_script(copied)
        assert text.startswith(start)
        browser.run("document.getElementById('said').textContent = ''")


def test_a_cell_of_a_heat_map_has_both_numbers_and_its_seeds(
    browser: Browser, folder: Path, published: Mapping[str, Sequence[View]]
):
    browser.open(folder / f"{HEAT_MAP}.html")
    view = published[HEAT_MAP][-1]
    cells = browser.all(".heat td")
    drawn = [one for one in view.experiment.heatmap.maps if one.drawn]
    assert len(cells) == sum(len(one.rows) * len(one.columns) for one in drawn)
    first = view.measurements[drawn[0].rows[0], drawn[0].columns[0]]
    assert cells[0].text.split("\n") == [f"{first.summary.median:,.0f}", f"{first.cell.report:,.0f}"]
    cells[0].find_element("css selector", "button").send_keys(Keys.ENTER)
    values = [float(text) for text in browser.texts("#heat-detail .seeds td:nth-child(2)")]
    assert values == list(first.by_seed.values())


def test_a_stranger_finds_whether_clipping_helps(browser: Browser, folder: Path):
    browser.open(folder / "index.html")
    browser.one("#words").send_keys("does clipping help RMSProp at 1e-3?")
    found = browser.texts(".report .sentences .found a")
    assert 0 < len(found) < 20
    assert any("lipping" in sentence for sentence in found)
    pages = browser.texts(".report .card .title")
    assert any(title.startswith("RMSProp / SGD(α)") for title in pages)
    browser.one("#search button[type=reset]").click()
    browser.until(lambda: len(browser.texts(".found")) > 150, "all are back")


def test_filters_narrow_what_is_found(
    browser: Browser, folder: Path, published: Mapping[str, Sequence[View]]
):
    tables = [f"clipping/table{i}" for i in range(1, 5)]  # the fifth is not of MNIST
    verdicts = [verdict for name in tables for verdict in published[name][-1].verdicts]
    n = sum(verdict.outcome == "undecided" and not verdict.claim.same_as for verdict in verdicts)
    browser.open(folder / "index.html")
    for name, value in (("report", "clipping"), ("verdict", "undecided"), ("dataset", "mnist")):
        browser.one(f"#{name}").send_keys(value)
    assert len(browser.all(".found:not([hidden])")) == n
    assert browser.texts("#count") == [f"{n} sentences ({n} undecided) and 0 pages."]
    assert len(browser.texts(".report h2")) == 1


def test_a_hostile_label_stays_text(browser: Browser, tmp_path: Path):
    write_files(tmp_path / "site", site({"report/table9": [hostile_view(tmp_path)]}))
    browser.open(tmp_path / "site/index.html")
    assert browser.run("return document.querySelectorAll('main img, main script').length") == 0
    browser.open(tmp_path / "site/report/table9.html")
    for button in browser.all("button.unfold, .heat button"):
        button.click()
    for button in browser.all(".seeds button")[:2]:
        button.click()
    assert browser.run("return document.querySelectorAll('main img, main script').length") == 0
    assert "<script>alert(1)</script>" in browser.one("h1").text
    assert any("<script>alert(1)</script>" in text for text in browser.texts(".config td"))
