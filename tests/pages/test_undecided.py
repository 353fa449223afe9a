"""Why a sentence is undecided, in words: too few seeds for its test, many rows, seeds that say either."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake_records import SMALL, records

from hyperopt.experiments import read
from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.view import View, views_of
from hyperopt.pages import answer, claims
from hyperopt.pages.blocks import text

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
    told = (
        "By the median 3 seeds decide nothing, whatever they give: p would be 0.25 at least. It takes 6 "
        "seeds or more."
    )
    assert said(view).count(told) == 2, "of each sentence that is undecided"
    assert told in text(answer.section(view)), "and once where the page begins"
    assert "Judged by the median at 10 and 30 seeds (at 3 none could be decided), so far at none" in said(
        view
    )
    assert "≥ 0.25" in said(view)


def test_repeats_are_counted_where_they_are_too_few(tmp_path: Path) -> None:
    claim = 'each_of: ["0.1", "10"], judged_by: repeats'
    page = said(viewed(made(tmp_path, "judged_by: median\n", claim), 10))
    assert "10 seeds make 3 repeats of 3, which decide nothing, whatever they give: p would be 0.12" in page
    assert "It takes 15 seeds or more." in page
    assert "*The look at 30 seeds" in page


def test_seeds_that_say_either_are_told_where_more_would_not_decide(tmp_path: Path) -> None:
    page = said(viewed(made(tmp_path, "judged_by: median\n"), 10, clip=99.0))
    assert (
        "*More seeds are not expected to decide it: at 10 5 of 10 seeds are as claimed; were further" in page
    )
    assert "with a probability of 0 %" not in page


def test_a_p_tells_of_which_look_it_is(tmp_path: Path) -> None:
    view = viewed(made(tmp_path), 10)
    [first, *_] = view.verdicts
    assert (first.outcome, [row.seeds for row in first.rows]) == ("holds", [3, 3])
    assert " at 3 | holds" in said(view)
    assert "A p with *at* is of a look at so many seeds" in said(view)


@pytest.mark.parametrize("apart", [True, False])
def test_the_same_effects_with_two_verdicts_are_explained(tmp_path: Path, apart: bool) -> None:
    view = viewed(made(tmp_path), 10)
    rows = list(view.verdicts[0].rows)
    other = [replace(rows[0], outcome="undecided" if apart else rows[0].outcome), *rows[1:]]
    verdicts = [view.verdicts[0], replace(view.verdicts[0], rows=tuple(other))]
    told = "The same effects may be decided in one sentence and not in another"
    assert (told in said(replace(view, verdicts=verdicts))) == apart
