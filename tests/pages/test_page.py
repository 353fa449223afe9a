import random
import re
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from fake_records import ERRORS, SMALL, lines, page_of, record, records
from plain_tables import beside_report, cells_of, interval, lost, mean, p_of

from hyperopt.experiments import load, read
from hyperopt.experiments.claim import Bound
from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.origin import config_hash
from hyperopt.findings.what_ran import what_ran
from hyperopt.pages import markdown
from hyperopt.statistics import Interval

PAGE = (Path(__file__).parents[1] / "table9.md").read_text(encoding="utf-8")


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    path = tmp_path / "table9.yaml"
    path.write_text(SMALL)
    return read(path, "report/table9")


def test_a_page_in_full(experiment: Experiment):
    """tests/table9.md is what the page looks like; the test below works out its numbers."""
    expected = PAGE.replace("HASH", config_hash(run.id for run in experiment.runs()))
    assert page_of(experiment, records(experiment, ERRORS)).markdown == expected


def test_the_numbers_of_the_page_are_those_of_plain_arithmetic():
    """From ERRORS, and the report's numbers in SMALL: 60 and 30 at 10, 6 and 4 at 0.1, 5 of Adam alone."""
    of = {place: [90.2 if e is None else e for e in errors] for place, errors in ERRORS.items()}
    adam, calm, calm_clip, wild, wild_clip = of.values()
    half_the_column = (60 - 5) / 2  # Adam's number stands in the column without clipping
    assert cells_of(PAGE, 11) == [
        ["Adam alone", "", *beside_report(adam, 5, (5 - half_the_column, 5 + half_the_column), 3), ""],
        ["0.1", "no clip", *beside_report(calm, 6, [4], 3), ""],
        ["0.1", "clip", *beside_report(calm_clip, 4, [6], 3), ""],
        ["10", "no clip", *lost(60, wild), "2 of 3: median 90.20, range 50.20 to 90.20"],
        ["10", "clip", *lost(30, wild_clip), "1 of 3: median 50.20, range 40.20 to 90.20"],
    ]
    small = [a - b for a, b in zip(calm, calm_clip, strict=True)]
    large = [a - b for a, b in zip(wild, wild_clip, strict=True)]
    both = [(a + b) / 2 for a, b in zip(small, large, strict=True)]
    others = (2, 3)  # sentences, of which a third allows everything, and looks
    assert [row[4:-1] for row in cells_of(PAGE, 12)] == [
        ["2.00", "–", "3", "", *p_of(small, 1, 2, *others)],
        [mean(large), "-100.00 to 100.00", "3", "3 of 6", *p_of(large, 1, 2, *others)],
        [mean(both), interval(both), "3", "3 of 12", *p_of(both, 0, 1, *others)],
    ]
    shown = [[cell.strip("*") for cell in row[1:]] for row in cells_of(PAGE, 3)]
    assert shown == [["7.00%", "5.00%"], [f"{mean(wild)}%†", f"{mean(wild_clip)}%†"]]


def test_where_medians_judge_they_stand_beside_the_means(tmp_path: Path):
    """A mean with lost runs is far from most runs; what is said of lost runs is then shorter."""
    path = tmp_path / "table9.yaml"
    path.write_text(SMALL + "judged_by: median\n")
    experiment = read(path, "report/table9")
    page = page_of(experiment, records(experiment, ERRORS)).markdown
    of = {place: [90.2 if e is None else e for e in errors] for place, errors in ERRORS.items()}
    rows = cells_of(page, 12)[: len(of)]
    assert [(row[0], row[1]) for row in rows] == [(row, "" if row == "Adam alone" else c) for row, c in of]
    assert [row[3:5] for row in rows] == [[mean(e), f"{sorted(e)[1]:.2f}"] for e in of.values()]
    assert [row[-1] for row in rows] == [
        "",
        "",
        "",
        "2 of 3: range 50.20 to 90.20",
        "1 of 3: range 40.20 to 90.20",
    ]
    assert "| mean | median | sd |" in re.sub(" +", " ", page)


def test_a_page_is_the_same_whatever_the_order_of_records(experiment: Experiment):
    given = list(records(experiment, ERRORS).items())
    page = page_of(experiment, dict(given))
    random.Random(0).shuffle(given)
    assert page_of(experiment, dict(given)) == page


def test_records_of_other_runs_change_nothing(experiment: Experiment):
    other = records(experiment.changed({"epochs": 9}), ERRORS)
    assert page_of(experiment, {**other, **records(experiment, ERRORS)}) == page_of(
        experiment, records(experiment, ERRORS)
    )


def test_missing_cells_are_shown_as_missing(experiment: Experiment):
    without = {cell: errors for cell, errors in ERRORS.items() if cell != ("0.1", "clip")}
    page = page_of(experiment, records(experiment, without))
    assert "12 of 15 runs, 3 missing" in page.markdown
    assert page.verdicts.startswith("12 of 15 runs, 3 missing; ")
    assert "| 0.1 | 7.00% | – |" in lines(page.markdown, "0.1")
    assert "| 0.1 | clip | 4.00 | – | – | – | – | 0 | – | – |  |" in lines(page.markdown, "0.1")
    assert "| 1 |  | 0.1 | ≥ 1 | – | – | 0 |  | – |  |  | undecided |" in lines(page.markdown, "1 ")


def test_no_runs_at_all_is_a_page(experiment: Experiment):
    page = page_of(experiment, {})
    assert page.verdicts == "no runs yet"
    assert "0 of 15 runs, 15 missing" in page.markdown


def test_a_page_with_runs_missing_does_not_call_its_means_those_of_all_seeds(experiment: Experiment):
    two = {cell: errors[:2] for cell, errors in ERRORS.items()}
    page = page_of(experiment, records(experiment, two)).markdown
    assert "Means over the finished runs of 3 seeds (0, 1, 2)." in page
    assert "Means over 3 seeds" not in page


def test_the_summary_counts_numbers_and_sentences(experiment: Experiment):
    calm = {cell: [4.0, 5.0, 6.0] for cell in ERRORS}
    # At 10 the report's 60 and 30 are far from 5 ± 3.5; of every row all effects are 0, and three tell no
    # spread. At 0.1 each column would also agree with the other's number.
    page = page_of(experiment, records(experiment, calm))
    assert page.verdicts == (
        "of 3 sentences 2 are undecided, 1 cannot be told; 3 of 5 numbers agree, 1 of them tellingly"
    )


def test_more_seeds_come_first_and_fewer_fold_away(experiment: Experiment):
    five = {cell: [*errors, 5.0, 4.0] for cell, errors in ERRORS.items()}
    page = page_of(experiment, records(experiment, five), seeds=5)
    assert "| **0.1** | **6.00%** | **4.80%** |" in lines(page.markdown, "**0.1**")
    assert "Means over 5 seeds (0 … 4)." in page.markdown
    first, _, folded = page.markdown.partition("<details>\n<summary>At 3 seeds</summary>")
    assert "| 0.1 | no clip | 6.00 | 6.00 |" in lines(first, "0.1 | no")[0]
    assert "| 0.1 | no clip | 6.00 | 7.00 |" in lines(folded, "0.1 | no")[0]
    assert "<summary>Sentences at 3 seeds</summary>" in folded
    assert "make tables ONLY=report/table9 SEEDS=5" in page.markdown
    assert "25 of 25 runs" in page.markdown
    # effects at 0.1: 2, 2, 2, 0, 0: mean 1.2; of the ten means of three 2, 4 / 3 and 2 / 3 three are below 1
    [row] = [line for line in lines(page.markdown.partition("<summary>Sent")[0], "1 ") if "| 0.1 |" in line]
    assert row.startswith("| 1 |  | 0.1 | ≥ 1 | 1.20 | -0.16 to 2.56 | 5 | 70 % |")


def test_what_was_run_is_said_from_the_configs(experiment: Experiment):
    page = page_of(experiment, records(experiment, ERRORS)).markdown
    assert (
        "What was run: mnist; fully connected 784-128-10, tanh, tanh on the logits; minibatches of 256; "
        "2 epochs; initial learning rate 0.001 at level 0; 0.1, 10 at level 1; update rules as in the "
        "report's code; 3 seeds."
    ) in page


def test_what_is_not_as_usual_is_said_with_the_rows_of_each_rate(tmp_path: Path):
    path = tmp_path / "table9.yaml"
    path.write_text(
        SMALL.replace(
            "{dataset: mnist, model: mlp, epochs: 2}",
            "{dataset: cifar10, dataset.augment: true, model: mlp, epochs: 1, l2: 1e-4, gradient: sum}",
        )
        .replace('"10"', "slow")
        .replace("settings: {clip: true}}", "settings: {l2_biases: false}}")
    )
    text = " ".join(what_ran(read(path, "report/table9")))
    assert "cifar10 (training images flipped and cropped at random)" in text
    assert "1 epoch gradients summed over a minibatch l2 0.0001 (this times the weight" in text
    assert "biases without l2 in some runs" in text
    assert "0.1 at level 1" not in text
    assert "0.1 (0.1), 10 (slow) at level 1" in text


def test_with_runs_missing_the_page_says_how_many_are_in(experiment: Experiment):
    three = {cell: [*errors, 5.0, 4.0] for cell, errors in ERRORS.items()} | {
        ("0.1", "clip"): [4.0, 5.0, 6.0]
    }
    page = page_of(experiment, records(experiment, three), seeds=5).markdown
    assert "3 to 5 of 5 seeds" in page
    assert "23 of 25 runs, 2 missing" in page


def test_what_runs_do_not_have_takes_none_from_the_count_of_seeds(tmp_path: Path):
    """Steps to a loss that was not watched: a cell without a number, though every run is in."""
    path = tmp_path / "table9.yaml"
    steps = "  at: {label: Steps, metric: crossed_at, settings: {clip: true}}\ntables:"
    text = (
        SMALL.replace("tables:", steps)
        .replace("[6, 4]", "[6, 4, null]")
        .replace("[60, 30]", "[60, 30, null]")
    )
    path.write_text(text)
    experiment = read(path, "report/table9")
    page = page_of(experiment, records(experiment, ERRORS))
    assert "15 of 15 runs" in page.markdown
    assert "; 3 seeds." in page.markdown


def test_the_page_of_an_own_file_names_no_report_and_the_command_takes_the_file(tmp_path: Path):
    """The command is for the folder above the file's, as the id is the file's folder and its name."""
    path = tmp_path / "my lab" / "own.yaml"
    path.parent.mkdir()
    path.write_text(re.sub(r", report: [^}]*}", "}", SMALL))
    [own] = load(str(path))
    quick = own.changed({"epochs": 1})
    page = page_of(quick, records(quick, ERRORS)).markdown
    assert "hyperopt tables './my lab/own.yaml' epochs=1\n" in page
    assert "**Not the settings in its file:** `epochs=1`." in page
    assert "**Of 3 sentences 2 are undecided, 1 cannot be told.**" in page
    assert "- (3) **Cannot be told**: “It may help”. It allows every outcome.\n" in page


def test_other_settings_are_told(experiment: Experiment):
    quick = experiment.changed({"epochs": 1})
    page = page_of(quick, records(quick, ERRORS)).markdown
    assert "**Not the report's settings:** `epochs=1`." in page
    assert "make tables ONLY=report/table9 EPOCHS=1\n" in page
    other = experiment.changed({"stack": "rmsprop/sgd"})
    assert "hyperopt tables report/table9 stack=rmsprop/sgd\n" in page_of(other, {}).markdown


def test_sub_tables_and_two_numbers_of_a_run(tmp_path: Path):
    path = tmp_path / "stacks.yaml"
    path.write_text("""
title: Stacks
source: A report
settings: {dataset: mnist, model: mlp, epochs: 5}
corner: Optimizer / Hyper
columns:
  time: {label: Time(s), metric: seconds}
  error: {label: Test Error}
  loss: {metric: train_loss_full}
tables:
  - {heading: (a) SGD, rows: [{label: SGD, settings: {stack: sgd}, report: [41.21, 13.45, null]}]}
  - {heading: (b) Adam, rows: [{label: Adam / SGD, settings: {stack: adam/sgd}, report: [40.05, 2.93, null]}]}
""")
    stacks = read(path, "report/stacks")
    page = page_of(
        stacks, records(stacks, {("SGD", "error"): [13.0], ("Adam / SGD", "error"): [3.0]}), seeds=1
    )
    assert "| SGD | 2.00 s | 13.00% | 0.5000 |" in lines(page.markdown, "SGD")
    assert "| Adam / SGD | 2.00 s | 3.00% | 0.5000 |" in lines(page.markdown, "Adam")
    assert page.markdown.count("**(b) Adam**") == 2
    assert page.verdicts == "2 numbers cannot be compared"
    assert "2 of 2 runs" in page.markdown
    assert "## Sentences" not in page.markdown


def test_csv_has_a_row_per_cell(experiment: Experiment):
    frame = pd.read_csv(StringIO(page_of(experiment, records(experiment, ERRORS)).csv))
    assert list(frame["row"]) == ["Adam alone", "0.1", "0.1", "10", "10"]
    assert list(frame["agrees"].fillna("")) == ["yes", "yes", "yes", "", ""]
    assert list(frame["values"])[-1] == "40.2 50.2 90.2"
    assert frame["low"][0] == pytest.approx(2.51586)
    assert frame[["sd", "low", "high", "prediction_low"]][3:].isna().all(axis=None)


def test_distinct_provenance_is_collapsed(experiment: Experiment):
    given = records(experiment, ERRORS)
    late = record(
        experiment, "10", "clip", 2, None, made={"device": "cuda", "pack": "16", "started": "2026-02-01"}
    )
    page = page_of(experiment, {**given, late.id: late}).markdown
    assert "| device | cpu, cuda |" in lines(page, "device")
    assert "| pack | 8, 16 |" in lines(page, "pack")
    assert "| trained | 2026-01-02 to 2026-02-01 |" in lines(page, "trained")


def test_a_shipped_page_renders_from_nothing():
    [experiment] = load("clipping/table2")
    assert "0 of 63 runs" in page_of(experiment, {}).markdown


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (Bound(low=1), "≥ 1"),
        (Bound(low=0, low_open=True), "> 0"),
        (Bound(high=1, high_open=True), "< 1"),
        (Bound(high=1.5), "≤ 1.5"),
        (Bound(-1, 1), "within ±1"),
        (Bound(2, 85), "2 to 85"),
        (None, "–"),
    ],
)
def test_bounds_in_words(bound: Bound | None, text: str):
    assert markdown.bound(bound) == text


def test_numbers():
    assert markdown.number(-0.0) == "0.00"
    assert markdown.number(0.00024) == "0.00024", "what is not zero never reads as zero"
    assert markdown.number(-0.001) == "-0.001"
    assert markdown.number(0.3 - 0.1 - 0.2) == "0.00", "but for what arithmetic leaves of nothing"
    assert markdown.number(0.006) == "0.01"
    assert markdown.number(float("nan")) == "–"
    assert markdown.interval(Interval(-1.006, 2)) == "-1.01 to 2.00"
