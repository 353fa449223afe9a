"""The list of results: what further seeds cost in all, and what it counts once."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_records import ERRORS, SMALL, records

from hyperopt.experiments import read
from hyperopt.findings.view import View, views_of
from hyperopt.pages.contents import COLUMNS, contents
from hyperopt.pages.page import render


@pytest.fixture
def view(tmp_path: Path) -> View:
    """Three seeds, too few for the median: at the next look, of ten, both sentences are decided for sure."""
    path = tmp_path / "table9.yaml"
    path.write_text(SMALL + "judged_by: median\n")
    experiment = read(path, "report/table9")
    errors = {cell: [9.0 - (cell[1] == "clip") * (5 + 0.1 * seed) for seed in range(3)] for cell in ERRORS}
    return views_of(experiment, records(experiment, errors), by_looks=True)[-1]


def test_runs_behind_two_sentences_are_counted_once(view: View) -> None:
    """Seven more seeds of two rows and two columns; a run of these records takes two seconds."""
    told = contents({"report/table9": render([view])}, {"report/table9": view})
    assert [(look.runs, look.chance.decided) for look in view.ahead.values()] == [(28, 1.0), (28, 1.0)]
    assert "decide 2 of the undecided ones or put them at their bounds: 28 more runs, shared" in told
    assert "counted once, and 56 s. Each line" in told


def test_a_number_of_several_pages_is_said_to_count_once(view: View) -> None:
    """Under the name of one of the five reports, of which alone numbers are counted in the first table."""
    assert COLUMNS in contents({"clipping/table9": render([view])}, {"clipping/table9": view})


def test_the_points_of_a_report_are_summed_up_by_verdict(tmp_path: Path) -> None:
    """With ten seeds both sentences hold; three are too few for the median."""
    text = SMALL.replace("{says: Clipping helps.,", "{says: Clipping helps., point: clipping helps,")
    text = text.replace("{says: It does no harm.,", "{says: It does no harm., point: it does no harm,")
    (tmp_path / "table9.yaml").write_text(text + "judged_by: median\n")
    views = {}
    for name, seeds in (("clipping/table8", 10), ("clipping/table9", 3)):
        experiment = read(tmp_path / "table9.yaml", name)
        effects = [5 + 0.1 * seed for seed in range(seeds)]
        errors = {cell: [9.0 - (cell[1] == "clip") * effect for effect in effects] for cell in ERRORS}
        views[name] = views_of(experiment, records(experiment, errors), seeds, by_looks=True)[-1]
    told = contents({name: render([view]) for name, view in views.items()}, views)
    once = "(1 of 2 tables, undecided in the other)"
    assert f"- [clipping](#clipping). *Holds:* clipping helps {once}; it does no harm {once}." in told
