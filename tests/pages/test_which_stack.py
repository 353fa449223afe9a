"""The page of which stack to use."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from small_studies import ADAMW, FORGIVING, method, record_of, workload

from hyperopt.experiments import load
from hyperopt.findings.method_costs import Cost, read, written
from hyperopt.pages.which_stack import page
from hyperopt.publish import render
from hyperopt.records import write_records


def test_a_page_of_little_says_so_and_a_page_of_nothing_gives_no_answer() -> None:
    assert "**No answer yet:**" in page([workload(FORGIVING, missing=("AdamW",))])
    some = page([workload(ADAMW, FORGIVING, missing=("Prodigy",), name="iris")])
    assert "So far this is based on iris only and 2 of 3 methods:" in some
    assert "9 of 9" in some
    whole = page([workload(ADAMW, FORGIVING, name=name) for name in "abcde"])
    assert "So far" not in whole
    assert "ahead. The best stack, adam/sgd, has 1.15 times the loss" in whole
    assert "in brackets AdamW averaged alike: a 1.15 (2.00); b 1.15 (2.00);" in whole
    level = page([workload(ADAMW, method("adam/sgd", [3.0, 1.0, 2.0]))])
    assert "level, within 10 %. The best stack, adam/sgd, has 1.00 times the loss" in level


def test_the_page_says_at_which_seeds_its_runs_are() -> None:
    found = replace(workload(ADAMW), seeds=(0, 1, 2), left_out=8)
    assert "| 0 to 2; 8 runs of incomplete seeds left out |" in " ".join(page([found]).split())
    assert "| 0 |" in " ".join(page([workload(ADAMW)]).split())
    assert "a has one seed, so chance there is not included." in page([workload(ADAMW)])


def test_the_first_methods_by_their_default_are_shown_without_a_click() -> None:
    many = [method(f"m{i}", [9.0, 2.0 + i, 9.0]) for i in range(20)]
    first = page([workload(ADAMW, *many)]).split("## All methods")[1].split("<details>")[0]
    assert [f"| m{i} " in first for i in (0, 10, 11, 19)] == [True, True, False, False]
    assert "The other 9 methods" in page([workload(ADAMW, *many)])


def test_methods_that_an_answer_names_or_that_lead_a_column_are_not_folded() -> None:
    many = [method(f"m{i}", [9.0, 2.0 + i / 10, 9.0]) for i in range(20)]
    leads = method("leads", [0.9, 9.0, 0.9])  # the most good rates
    free = method("free", [8.0, 0.5, 8.0], default=2, needs_rate=False)
    text = page([workload(ADAMW, *many, leads, free)]).split("## All methods")[1]
    first, folded = text.split("<details>")[:2]
    assert "| leads " in first
    assert "| free " in first
    assert "| m15 " in folded


def test_the_page_says_what_each_answer_would_be_without_each_workload() -> None:
    of = [workload(ADAMW, FORGIVING, name="a"), workload(ADAMW, method("adam/sgd", [9.0] * 3), name="b")]
    table = page(of).split("The answers without one")[1].split("\n\n")[1]
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in table.splitlines()]
    assert rows[0] == ["without", "No idea of the rate", "A rough idea"]
    assert rows[2:] == [["a", "AdamW", "AdamW"], ["b", "AdamW", "adam/sgd"]]
    assert "The answers without one" not in page(of[:1])


def test_the_page_has_what_methods_cost_where_that_was_measured(tmp_path: Path) -> None:
    costs, file = {"AdamW": Cost(1.0, 1.0, 2.0), "adam/sgd, clip": Cost(1.375, 1.93, 3.0)}, tmp_path / "c.csv"
    assert read(file) == {}
    file.write_text(written(costs), encoding="utf-8")
    assert read(file) == costs
    text = page([workload(ADAMW, FORGIVING)], costs=costs)
    assert re.search(r"\| AdamW +\|.*\| +1\.00 \| +2 \|", text)
    assert re.search(r"\| adam/sgd +\|.*\| +– \| +– \|", text)
    assert "*step*" not in page([workload(ADAMW, FORGIVING)])


def test_band_and_target_change_the_page() -> None:
    usual = page([workload(ADAMW, FORGIVING)])
    assert page([workload(ADAMW, FORGIVING)], band=0.5) != usual
    assert page([workload(ADAMW, FORGIVING)], target=1.5) != usual


def test_the_page_of_the_study_is_written_with_the_others(tmp_path: Path) -> None:
    [iris] = load("which_stack/iris")
    runs = [cell.run(0) for cell in iris.cells() if cell.row in ("AdamW", "DoG")]
    write_records(
        tmp_path / "records" / "which_stack" / "iris.parquet", [record_of(run, 0.5) for run in runs]
    )
    render([iris], tmp_path, drawings=False)
    written = (tmp_path / "which_stack" / "README.md").read_text(encoding="utf-8")
    assert "So far this is based on iris only and 2 of 58 methods:" in written
    assert "14 of 406" in written
    assert "took 14 s of one process, without evaluation and compilation: 14 s on iris." in written


def test_the_page_says_how_long_training_took_where_that_is_known() -> None:
    of = [workload(ADAMW, name="a"), workload(ADAMW, name="b")]
    text = page(of, seconds={"which_stack/a": 1800, "which_stack/b": 7200})
    assert (
        "took 2 h 30 min of one process, without evaluation and compilation: 30 min on a and 2 h 0 min on b."
        in text
    )
    assert "of one process" not in page(of)
