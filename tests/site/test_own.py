"""The page of one's own runs, in files and from a server."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from browser import Browser
from made_records import a_record
from site_pages import data_of

from hyperopt.cli import view as viewing
from hyperopt.cli.chosen_runs import ChosenRuns
from hyperopt.cli.main import main
from hyperopt.cli.view_server import made
from hyperopt.config import resolve
from hyperopt.engine.begun import Room, keep
from hyperopt.engine.pack import Pack
from hyperopt.engine.pack_files import PackFiles
from hyperopt.engine.run_claims import RunClaims
from hyperopt.findings.timings import timing
from hyperopt.records import Record, home, working
from hyperopt.statistics import t_interval

SEEDS = (0, 1, 2, 5)
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path / "home"))


def run_of(stack: str, seed: int, device: str = "cpu") -> Record:
    """A run whose test error after its second epoch is 10, and 20 with a level above, plus its seed."""
    run = resolve({"dataset": "mnist", "stack": stack, "epochs": 2, "seed": seed})
    error = 10.0 * len(run.stack) + seed * (1 if "/" in stack else 1.5)
    return a_record(
        id=run.id,
        config=run.canonical(),
        metrics={"test_error": [50.0, error], "train_loss": [2.0, 1.0 + seed]},
        hyperparameters={"0.alpha": [0.01, 0.01 + 0.001 * seed], "1.alpha": [0.5, 0.5]},
        diverged=False,
        events=[{"step": 300, "epoch": 2, "event": "negative alpha", "level": 0}],
        made={"device": device, "started": f"2026-11-0{len(run.stack)}T10:00:0{seed}+00:00"},
    )


def stored(*records: Record) -> None:
    working().write(list(records), records[0].id)


def both() -> list[Record]:
    return [run_of(stack, seed) for stack in ("sgd", "sgd/sgd") for seed in SEEDS]


def page() -> Path:
    return home() / "view/index.html"


def test_view_writes_the_runs_that_are_chosen(capsys: pytest.CaptureFixture[str]):
    stored(*both())
    assert main(["view", "seed=0,1", "--no-open"]) == 0
    assert capsys.readouterr().out == f"4 runs: {page()}\n"
    data = data_of((home() / "view/runs.js").read_text())
    assert data["command"] == "hyperopt view seed=0,1"
    assert data["metric"] == "test_error"
    series = {run["id"]: run["series"][data["names"].index("test_error")] for run in data["runs"]}
    assert series == {r.id: r.metrics["test_error"] for r in both() if r.config["seed"] < 2}
    assert main(["view", "seed=0", "stack=sgd", "--no-open"]) == 0
    assert capsys.readouterr().out == f"1 run: {page()}\n"


def test_the_times_of_a_run_are_no_run():
    run = resolve({"dataset": "mnist", "stack": "sgd", "epochs": 2})
    stored(run_of("sgd", 0), timing(run, "hyperopt", [1.0, 2.0], 1.0, 470, {"device": "cpu"}))
    assert [*ChosenRuns([], "here").runs().runs] == [run.id]


def test_it_opens_the_page_unless_it_is_asked_not_to(monkeypatch: pytest.MonkeyPatch):
    opened: list[str] = []
    monkeypatch.setattr(viewing.webbrowser, "open", opened.append)
    stored(*both())
    assert main(["view", "--no-open"]) == 0
    assert opened == []
    assert main(["view"]) == 0
    assert opened == [page().resolve().as_uri()]


def test_without_a_run_it_says_why(capsys: pytest.CaptureFixture[str]):
    assert main(["view"]) == 0
    assert "no run is stored" in capsys.readouterr().out
    assert not page().exists()


@pytest.mark.parametrize("words", [["--port", "x"], ["--port=70000"], ["seed=0", "--port", "-1"]])
def test_a_port_is_a_number(words: list[str], capsys: pytest.CaptureFixture[str]):
    stored(*both())
    assert main(["view", *words]) == 2
    assert "port" in capsys.readouterr().err


@contextmanager
def training(epoch: int) -> Iterator[None]:
    """Another command trains a pack of two runs and has done so many of its three epochs."""
    runs = [resolve({"stack": "adam", "epochs": 3, "seed": seed}) for seed in (0, 1)]
    pack = Pack(tuple(runs))
    with RunClaims(home()) as claims:
        claims.take([run.id for run in runs])
        keep(home(), Room().note_of(pack, 1, here=False))
        PackFiles(home(), pack.name).report(epoch)
        yield


def test_what_trains_is_said_while_its_command_lives():
    stored(*both())
    reader = ChosenRuns([], "here")
    assert reader.runs().training == ()
    with training(2):
        [pack] = reader.runs().training
        assert (pack.runs, pack.epoch, pack.epochs, pack.doing) == (2, 2, 3, "training")
    assert reader.runs().training == ()


@contextmanager
def serving(typed: str = "hyperopt view") -> Iterator[str]:
    server = made(0, ChosenRuns([], "here"), typed)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def status_of(url: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return int(error.code)


def test_the_server_gives_its_files_alone_and_to_this_machine_alone():
    stored(*both())
    with serving() as address:
        assert status_of(f"{address}/") == 200
        assert status_of(f"{address}/assets/own.js") == 200
        for path in ("/../records", "/%2e%2e/records", "//etc/passwd", "/view/index.html"):
            assert status_of(address + path) == 404
        assert status_of(f"{address}/runs.js", Host="evil.example") == 403
        assert status_of(f"{address}/runs.js", Host="localhost:1234") == 200


def test_a_selection_in_latin_1_stands_in_files_and_is_served_escaped():
    stored(*both())
    assert main(["view", "--no-open", "note=*,caf\udce9"]) == 0
    said = data_of((page().parent / "runs.js").read_text(encoding="utf-8"))["command"]
    assert said == "hyperopt view 'note=*,caf\udce9'"
    with serving("hyperopt view note=*,caf\udce9") as address:
        assert status_of(f"{address}/runs.js") == 200


def test_reloading_shows_new_runs_and_how_far_others_are(browser: Browser):
    stored(*both())
    with serving() as address:
        browser.open(f"{address}/")
        assert browser.one("#about").text.startswith("8 runs in 2 settings")
        assert browser.texts("#training") == []
        with training(1):
            stored(run_of("adam/sgd", 0))
            browser.open(f"{address}/")
            assert browser.one("#about").text.startswith("9 runs in 3 settings")
            assert "2 runs, 1 of 3 epochs, training" in browser.one("#training").text
        assert browser.complaints() == []


def test_two_settings_are_compared_by_their_seeds(browser: Browser):
    stored(*both())
    assert main(["view", "--no-open"]) == 0
    browser.open(page())
    browser.one("#compare").location_once_scrolled_into_view  # noqa: B018
    one, other = ([r for r in both() if r.config["stack"] == stack] for stack in ("sgd", "sgd/sgd"))
    gaps = [
        a.metrics["test_error"][-1] - b.metrics["test_error"][-1] for a, b in zip(one, other, strict=True)
    ]
    interval = t_interval(gaps)
    assert interval
    assert browser.one("#difference").text == (
        f"test error (%), first − second: mean {sum(gaps) / 4:.4g}, "
        f"95 % interval {interval.low:.4g} to {interval.high:.4g} over 4 seeds."
    )
    assert browser.texts("#pairs td:last-child") == [f"{gap:g}" for gap in gaps]


def test_axes_groups_and_runs_are_chosen_on_the_page(browser: Browser):
    stored(*both())
    assert main(["view", "--no-open"]) == 0
    browser.open(page())
    browser.until(lambda: browser.run("return document.querySelector('#plot').data"), "it is drawn")
    line = "return document.querySelector('#plot').data.filter(t => t.name).map(t => [t.name, t.x, t.y])"
    assert browser.run(line) == [
        ["sgd(0.01)", [1, 2], [50, 13]],
        ["sgd(0.01)/sgd(0.01)", [1, 2], [50, 22]],
    ]
    browser.one("#y").send_keys("train loss")
    browser.one("#x").send_keys("step")
    browser.one("#group").send_keys("run")
    browser.until(lambda: len(browser.run(line)) == 8, "each run has its line")
    assert browser.run(line)[0][1:] == [[5, 10], [2, 1]]
    browser.one("#words").send_keys("sgd/sgd")
    browser.one("#words").send_keys(" seed=5")
    browser.until(lambda: len(browser.run(line)) == 1, "one run is left")
    assert browser.texts("#count") == ["1 of 8 runs, 1 line."]
    events = browser.run("return document.querySelector('#plot').data.flatMap(t => t.text || []).join()")
    assert "negative alpha, seed 5, step 300, level 0" in events
    browser.one("#inside").location_once_scrolled_into_view  # noqa: B018
    assert browser.texts("#inside figcaption") == ["level 0, sgd: alpha"]
    assert "level 1, sgd: alpha 0.5" in browser.one("#inside-held").text
    assert browser.complaints() == []


def test_a_hostile_record_stays_text(browser: Browser):
    stored(*(run_of(stack, seed, device=HOSTILE) for stack in ("sgd", "sgd/sgd") for seed in SEEDS))
    assert main(["view", "--no-open"]) == 0
    browser.open(page())
    for button in browser.all("#settings button.unfold"):
        button.click()
    browser.all("#settings .unfolded td button")[0].click()
    assert HOSTILE in browser.texts("#settings .config td")
    assert browser.run("return document.querySelectorAll('main script, main img').length") == 0
    assert browser.complaints() == []
