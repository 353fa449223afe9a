"""Why a sentence is undecided, in words: too few seeds for its test, many rows, seeds that say either."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fake_records import SMALL, records
from figures_fake import ALONG_ALPHA, alpha_records, written

from hyperopt.experiments import read
from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.next_look import Chance
from hyperopt.findings.view import View, views_of
from hyperopt.pages import answer, claims
from hyperopt.pages.blocks import text
from hyperopt.pages.page import render
from hyperopt.pages.undecided import odds, too_few

CALM = {("0.1", "no clip"): 9.0, ("0.1", "clip"): 5.0, ("10", "no clip"): 60.0, ("10", "clip"): 20.0}


def made(tmp_path: Path, more: str = "", claim: str = 'each_of: ["0.1", "10"]') -> Experiment:
    path = tmp_path / "table9.yaml"
    path.write_text(SMALL.replace('each_of: ["0.1", "10"]', claim) + more)
    return read(path, "report/table9")


def viewed(experiment: Experiment, seeds: int, **lost: float) -> View:
    """Every run as calm as its cell; with `clip` or `no clip` a number of every other seed's at 10."""
    steps = {"no clip": 0.1, "clip": 0.13}
    errors = {cell: [middle + steps[cell[1]] * n for n in range(seeds)] for cell, middle in CALM.items()}
    for column, number in lost.items():
        cell = errors["10", column]
        errors["10", column] = [number if seed % 2 else kept for seed, kept in enumerate(cell)]
    errors[("Adam alone", "no clip")] = [5.0] * seeds
    found = {id_: replace(record, diverged=False) for id_, record in records(experiment, errors).items()}
    return views_of(experiment, found, seeds, by_looks=True)[-1]


def said(view: View) -> str:
    return text(claims.section(view))


def test_three_seeds_never_decide_by_the_median(tmp_path: Path) -> None:
    view = viewed(made(tmp_path, "judged_by: median\n"), 3)
    few = "By medians, 3 seeds cannot decide anything, whatever they show"
    told = f"{few} (p is at least 0.25, times 2 looks); 7 seeds or more are needed"
    assert told not in said(view), "it is true of every sentence, so that"
    assert told in text(answer.section(view)), "it stands where the page begins"
    assert "Judged by the median at 10 and 30 seeds (at 3 none could be decided), so far at none" in said(
        view
    )
    assert "≥ 0.25" in said(view)


def test_rows_that_a_look_has_judged_before_the_others_are_told(tmp_path: Path) -> None:
    """One row has ten seeds, the other three."""
    experiment = made(tmp_path, "judged_by: median\n")
    errors = {cell: [middle] * (10 if cell[0] == "0.1" else 3) for cell, middle in CALM.items()}
    errors["Adam alone", "no clip"] = [5.0] * 3
    view = views_of(experiment, records(experiment, errors), 10, by_looks=True)[-1]
    assert view.verdicts[0].outcome == "undecided"
    assert [row.outcome for row in view.verdicts[0].rows] == ["holds", "undecided"]
    assert "(at 3 none could be decided), so far at 10 only rows whose runs are all finished." in said(view)
    assert too_few(view.verdicts[0], view) == "", "the row with ten seeds may decide"
    beside = (
        "Cells differ in their numbers of seeds (n under *Comparison with the report*), so two of them may"
    )
    assert beside in (page := render([view]).markdown)
    assert "## Comparison with the report" in page
    assert "Cells differ" not in render([viewed(experiment, 10)]).markdown
    assert "3 seeds cannot decide anything" in too_few(view.verdicts[1], view), "it is about both rows"


def test_rows_that_no_look_has_judged_have_the_least_p_that_their_seeds_can_have(tmp_path: Path) -> None:
    """Not 1, which would say that their seeds speak for neither verdict, though all are as claimed."""
    experiment = made(tmp_path, "judged_by: median\n")
    errors = {cell: [middle] * (10 if cell[0] == "0.1" else 3) for cell, middle in CALM.items()}
    errors["Adam alone", "no clip"] = [5.0] * 3
    view = views_of(experiment, records(experiment, errors), 10, by_looks=True)[-1]
    first, second = view.verdicts[0].rows
    assert (second.strength, second.least, first.least) == (None, 0.25, None)
    assert view.verdicts[1].strength is None, "none of its rows has been judged"
    assert "*p alone* with ≥ is the least p that so few seeds can give" in said(view)
    assert said(view).count("≥ 0.25 |") == 2
    every = viewed(experiment, 10)
    assert "with ≥" not in said(every)
    assert "≥ 0.25" not in said(every)


def test_repeats_are_counted_where_they_are_too_few(tmp_path: Path) -> None:
    claim = 'each_of: ["0.1", "10"], judged_by: repeats'
    page = said(viewed(made(tmp_path, "judged_by: median\n", claim), 10, clip=99.0))
    few = "10 seeds make 3 repeats of 3, which cannot decide anything, whatever they show"
    told = f"{few} (p is at least 0.125, times 2 looks);"
    assert f"{told} 18 seeds or more are needed. *Too few seeds so far. With 30 (" in page


def test_a_look_tells_the_probability_of_every_verdict() -> None:
    assert odds(Chance(0.68, 0.02, 0.0)) == "holds (68 %), does not hold (2 %), still undecided (30 %)"
    assert odds(Chance(0.0, 0.0, 1.0)) == "at its bound (over 99 %)"
    assert odds(Chance(0.0, 0.0, 0.0)) == "still undecided (over 99 %)"


def test_seeds_that_say_either_are_told_where_more_would_not_decide(tmp_path: Path) -> None:
    page = said(viewed(made(tmp_path, "judged_by: median\n"), 10, clip=99.0))
    assert " %); at 10, 5 of 10 seeds are as claimed.*" in page
    assert "(0 %)" not in page


def test_rows_without_a_number_are_not_called_as_claimed(tmp_path: Path) -> None:
    """The data have no test examples, so that no run has a test error."""
    experiment = made(tmp_path)
    found = records(experiment, {cell: [middle] * 3 for cell, middle in CALM.items()})
    found |= records(experiment, {("Adam alone", "no clip"): [5.0] * 3})
    numberless = {id_: replace(record, metrics={}) for id_, record in found.items()}
    page = said(views_of(experiment, numberless, 3, by_looks=True)[-1])
    assert page.count("With 10 (28 more runs, 56 s) its verdict would be: still undecided (over 99 %).*") == 2


def test_a_p_tells_of_which_look_it_is(tmp_path: Path) -> None:
    view = viewed(made(tmp_path), 10)
    [first, *_] = view.verdicts
    assert (first.outcome, [row.seeds for row in first.rows]) == ("holds", [3, 3])
    assert " at 3 | holds" in said(view)
    assert "A p with *at* is from the look, at this many seeds" in said(view)


def test_a_reader_can_compute_every_p(tmp_path: Path) -> None:
    """Signs of ten seeds at the first of two looks, the other sentence decided: 2 (1 + 10 + 45) / 1024 * 2.

    The row at 10, decided first, is multiplied for both rows.
    """
    experiment = made(tmp_path, "judged_by: median\n")
    errors = {cell: [middle] * 10 for cell, middle in CALM.items()} | {("Adam alone", "no clip"): [5.0] * 10}
    errors["0.1", "no clip"] = [0.0, 0.0, *[9.0] * 8]
    page = " ".join(said(views_of(experiment, records(experiment, errors), 10, by_looks=True)[-1]).split())
    assert "**Undecided**, p 0.2188 for *holds* (0.1094 × 1 × 2). “Clipping helps”." in page
    assert (
        "| ≥ 1 | 4.00 (median) | -5.00 to 4.00 | 10 | 93 % | 0.1094 | 1 × 1 × 2 | 0.2188 | undecided |"
        in page
    )
    assert (
        "| ≥ 1 | 40.00 (median) | 40.00 to 40.00 | 10 | 100 % | 0.001953 | 2 × 1 × 2 | 0.0078 | holds |"
        in page
    )


def test_lost_runs_of_each_row_are_counted(tmp_path: Path) -> None:
    """Of five seeds two have an error of 99, the others one near 20: it is over twice that."""
    told = said(viewed(made(tmp_path, "judged_by: median\n"), 5, clip=99.0))
    assert "Of 25 runs 2 are lost (2 runs of row “10”). A run is lost if it diverged, or if its" in told
    assert "Of 25 runs none is lost." in said(viewed(made(tmp_path, "judged_by: median\n"), 5))


def test_a_run_is_lost_by_its_accuracy_as_by_its_error(tmp_path: Path) -> None:
    """A page of losses and accuracies has one meaning of lost with a page of errors."""
    text = ALONG_ALPHA.replace("reductions: [range, mean]", "reductions: [range]") + "judged_by: median\n"
    text = text.replace(", report: [8, 12]", "")
    errors = {("one", "α 0.01"): [5.0, 5.1, 60.0], ("one", "α 1"): [6.0] * 3}
    errors |= {("two", column): [7.0] * 3 for column in ("α 0.01", "α 1")}
    told = []
    for metric in ("test_error", "test_accuracy"):
        experiment = written(tmp_path, text.replace("test_error", metric))
        page = said(views_of(experiment, alpha_records(experiment, errors))[-1])
        told.append(page[page.index("Of 12 runs") : page.index("above it.")])
    assert told[0] == told[1]
    assert told[0].startswith(
        "Of 12 runs 1 is lost (1 run of row “one”). A run is lost if it diverged, or if its"
    )
