"""Which method to use: numbers and sentences from losses whose answers are known by hand."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from hyperopt.cli.main import main
from hyperopt.experiments import load
from hyperopt.findings.advice import (
    OF_THE_PACKAGE,
    of_the_package,
    picks,
    standing,
    standings,
)
from hyperopt.findings.method_costs import Cost, read, written
from hyperopt.findings.methods import Method, Workload, guessing, knob, workload_of
from hyperopt.findings.study import seeds_in
from hyperopt.optim.settings import UNTOLD
from hyperopt.pages.which_stack import page
from hyperopt.publish import render
from hyperopt.records import Record, write_records

RATES = (0.01, 0.1, 1.0)


def method(label: str, losses: Sequence[float], default: int = 1, *, needs_rate: bool = True) -> Method:
    """One whose loss halves its distance to the last in a second epoch."""
    curves = tuple((loss * 2, loss * 1.5, loss) for loss in losses)
    return Method(label, "", tuple(losses), default, curves, needs_rate)


def workload(*methods: Method, missing: tuple[str, ...] = (), name: str = "a") -> Workload:
    return Workload(f"which_stack/{name}", name, RATES, {m.label: m for m in methods}, missing, 9, 9, 1)


ADAMW = method("AdamW", [3.0, 1.0, 2.0])
FORGIVING = method("adam/sgd", [1.2, 1.05, 1.2])
BETTER = method("Better, tuned", [4.0, 0.9, 4.0])
FREE = method("Free", [1.3, 1.1, 8.0], default=0, needs_rate=False)


def test_a_standing_is_read_off_the_curve_over_rates() -> None:
    found = standing(FREE, workload(ADAMW, FREE), band=0.1)
    assert found.best == pytest.approx(1.1)
    assert found.default == pytest.approx(1.3)
    assert found.blind == pytest.approx((1.3 + 1.1 + 8) / 3)
    assert found.near == pytest.approx((1.3 + 1.1 + 8) / 3)
    assert found.at_baselines == pytest.approx(1.1)
    assert found.decades == 1
    assert standing(FREE, workload(ADAMW, FREE), band=0.31).decades == 2


def test_means_are_geometric_and_of_methods_that_all_workloads_have() -> None:
    one, other = workload(ADAMW, FORGIVING), workload(ADAMW, method("adam/sgd", [4.2] * 3), BETTER)
    found = standings([one, other])
    assert set(found) == {"AdamW", "adam/sgd"}
    assert found["adam/sgd"].best == pytest.approx(math.sqrt(1.05 * 4.2))
    assert found["AdamW"].best == 1


def test_the_answers_follow_from_the_scores() -> None:
    blind, rough, tuned = picks([workload(ADAMW, FORGIVING, BETTER, FREE)])
    assert [pick.method for pick in (blind, rough, tuned)] == ["adam/sgd", "adam/sgd", "Better, tuned"]
    assert [blind.score, rough.baseline, tuned.score] == pytest.approx([1.15, 2.0, 0.9])
    assert tuned.stack == "adam/sgd"
    assert "use Better, tuned;" in tuned.sentence
    assert "0.90 times" in tuned.sentence


def test_of_what_needs_no_rate_its_default_counts() -> None:
    free = method("Free", [1.01, 9.0, 9.0], default=0, needs_rate=False)
    [blind, *_] = picks([workload(ADAMW, FORGIVING, free)])
    assert blind.method == "Free"
    assert "at their defaults the best is AdamW, at 1.00 times" in blind.sentence
    assert "drawn blindly, adam/sgd, at 1.15 times." in blind.sentence
    assert "No rate is needed by Free: their own" in page([workload(ADAMW, FORGIVING, free)])


def test_where_nothing_is_better_the_baseline_is_the_answer() -> None:
    """Also of what is exactly as good."""
    alike = method("A twin", ADAMW.losses)
    for pick in picks([workload(alike, ADAMW)]):
        assert pick.method == "AdamW"
        assert "use AdamW; from" in pick.sentence
        assert "no method's loss is lower by more than 10 %" in pick.sentence


def test_within_the_band_the_baseline_is_the_answer() -> None:
    """A loss a tenth lower is no better at a band of a fifth: a reader's band changes the answers."""
    there = [workload(ADAMW, FORGIVING, BETTER, FREE)]
    assert [pick.method for pick in picks(there, band=0.2)] == ["adam/sgd", "adam/sgd", "AdamW"]
    assert [pick.method for pick in picks(there, band=0.05)][-1] == "Better, tuned"
    wide, narrow = (picks(there, band=band)[1].sentence for band in (0.2, 0.04))
    assert "Of the 3 rates 3.0 of adam/sgd and 1.0 of AdamW come within" in wide
    assert "Of the 3 rates 0.0 of adam/sgd and 1.0 of AdamW come within 4 %" in narrow


def test_the_last_answer_says_what_is_fastest_to_the_target() -> None:
    """AdamW's loss is 2, 1.5 and 1 after its three epochs."""
    there = [workload(ADAMW, Method("Fast", "", (0.97,) * 3, 0, ((1.6, 1.4, 0.97),) * 3))]
    said = [picks(there, target=target)[-1].sentence for target in (1.5, 1.6, 0.98)]
    assert "in fewer epochs than AdamW." in said[0]
    assert "To 1.6 times its best loss, Fast takes" in said[1]
    assert "AdamW itself never comes to 0.98 times its best loss on a;" in said[2]


def test_a_workload_that_is_begun_takes_no_method_from_the_answers() -> None:
    whole = workload(ADAMW, FORGIVING, name="whole")
    begun = workload(ADAMW, missing=("adam/sgd",), name="begun")
    assert set(standings([whole, begun])) == {"AdamW", "adam/sgd"}
    text = page([whole, begun])
    assert "So far this is of whole alone:" in text
    assert "1 of 2" in text
    assert "begun: so far 1 of 2 methods, which no answer above counts" in text


def test_a_page_of_little_says_so_and_a_page_of_nothing_gives_no_answer() -> None:
    assert "**No answer yet:**" in page([workload(FORGIVING, missing=("AdamW",))])
    some = page([workload(ADAMW, FORGIVING, missing=("Prodigy",), name="iris")])
    assert "So far this is of iris alone, and of 2 of 3 methods:" in some
    assert "9 of 9" in some
    whole = page([workload(ADAMW, FORGIVING, name=name) for name in "abc"])
    assert "So far" not in whole
    assert "they do not lose here: adam/sgd has the least loss of all" in whole


def test_the_page_has_what_methods_cost_where_that_was_measured(tmp_path: Path) -> None:
    costs, file = {"AdamW": Cost(1.0, 1.0, 2.0), "adam/sgd, clip": Cost(1.375, 1.93, 3.0)}, tmp_path / "c.csv"
    assert read(file) == {}
    file.write_text(written(costs), encoding="utf-8")
    assert read(file) == costs
    text = page([workload(ADAMW, FORGIVING)], costs=costs)
    assert re.search(r"\| AdamW +\|.*\| +1\.00 \| +2 \|", text)
    assert re.search(r"\| adam/sgd +\|.*\| +– \| +– \|", text)
    assert "step" not in page([workload(ADAMW, FORGIVING)]).split("## Anew")[0]


def test_band_and_target_change_the_page() -> None:
    usual = page([workload(ADAMW, FORGIVING)])
    assert page([workload(ADAMW, FORGIVING)], band=0.5) != usual
    assert page([workload(ADAMW, FORGIVING)], target=1.5) != usual


def record_of(run: object, loss: float) -> Record:
    return Record(
        id=run.id,
        config=run.canonical(),
        metrics={"test_loss": [1.0, loss]},
        hyperparameters={},
        final={},
        diverged=not math.isfinite(loss),
        seconds=1.0,
        steps=2,
        made={},
    )


def test_a_workload_is_made_of_the_records_that_are_in() -> None:
    [iris] = load("which_stack/iris")
    cells = [cell for cell in iris.cells() if cell.row in ("AdamW", "DoG")]
    losses = {"AdamW": [5.0, 0.5, math.nan, 0.2, 0.3, 0.4, 0.6], "DoG": [0.7] * 7}
    curves, places = {}, {"AdamW": iter(losses["AdamW"]), "DoG": iter(losses["DoG"])}
    for cell in cells:
        run = cell.run(0)
        curves[run.id] = [1.0, next(places[cell.row])]
    assert seeds_in(iris, curves) == (0,)
    found = workload_of(iris, curves, (0,))
    guess = math.log(3)
    assert guessing(cells[0].run(0)) == guess
    assert found.methods["AdamW"].losses == (guess, 0.5, guess, 0.2, 0.3, 0.4, 0.6)
    assert found.methods["AdamW"].default == 3
    assert found.methods["DoG"].default == 0
    assert not found.methods["DoG"].needs_rate
    assert found.best_baseline == 0.2
    assert (found.found, found.wanted) == (14, 58 * 7)
    assert "Prodigy" in found.missing


def test_every_row_of_the_study_says_what_its_columns_set() -> None:
    [iris] = load("which_stack/iris")
    knobs = {cell.row: knob(cell)[0] for cell in iris.cells()}
    free = {row: name for row, name in knobs.items() if name != "alpha"}
    assert free == {
        "Prodigy": "d0",
        "D-Adapt Adam": "d0",
        "DoG": "reps",
        "Mechanic SGD": "s0",
        "Mechanic AdamW": "s0",
    }


def test_the_package_has_a_row_of_its_own() -> None:
    [iris] = load("which_stack/iris")
    [row] = [row for table in iris.tables for row in table.rows if row.label == OF_THE_PACKAGE]
    assert row.settings == {**UNTOLD, "alpha": f"{{x}}/{UNTOLD['alpha']}"}
    assert iris.settings["form"] == "textbook"


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([1.0, 0.9, 1.0], f"{OF_THE_PACKAGE}, has 0.90 times the loss of AdamW at its best rate from its"),
        ([1.0, 0.9, 1.0], "0.97 times from its best rate or a decade beside it, and 0.90 times from AdamW's"),
        ([1.0, 0.9, 1.0], "0.90 times from AdamW's best rate: of the stacks it is the one for a rough idea."),
        ([3.0, 1.0, 1.0], "a rough idea, adam/sgd, has 1.05 times, 1.15 times and 1.05 times. It takes an"),
        ([3.0, 2.0, 1.0], "1.15 times and 1.05 times. So adam/sgd is the better one;"),
    ],
)
def test_the_page_says_why_the_package_uses_its_own_stack(losses: list[float], said: str) -> None:
    there = [workload(ADAMW, FORGIVING, method(OF_THE_PACKAGE, losses))]
    assert said in of_the_package(there)
    assert of_the_package(there) in page(there)
    assert of_the_package([workload(ADAMW, FORGIVING)]) == ""


def test_the_page_of_the_study_is_written_with_the_others(tmp_path: Path) -> None:
    [iris] = load("which_stack/iris")
    runs = [cell.run(0) for cell in iris.cells() if cell.row in ("AdamW", "DoG")]
    write_records(
        tmp_path / "records" / "which_stack" / "iris.parquet", [record_of(run, 0.5) for run in runs]
    )
    render([iris], tmp_path, drawings=False)
    written = (tmp_path / "which_stack" / "README.md").read_text(encoding="utf-8")
    assert "So far this is of iris alone, and of 2 of 58 methods:" in written
    assert "14 of 406" in written


@pytest.mark.parametrize("words", [["band=0"], ["target=much"], ["clipping/table2"]])
def test_the_command_refuses_what_it_does_not_know(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["which", *words]) != 0
    assert "expected" in capsys.readouterr().err
