"""What a verdict rests on: rows, means with exceptions, the part that is tested, the report's numbers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from fake_records import SMALL, page_of, records
from figures_fake import blank

from hyperopt.experiments import load, read
from hyperopt.experiments.experiment import Experiment
from hyperopt.findings import tested as effects
from hyperopt.findings.measurements import Obstacle, measure
from hyperopt.findings.tally import Tally
from hyperopt.findings.verdicts import Verdict
from hyperopt.findings.view import views_of
from hyperopt.pages.answer import numbers, why_not
from hyperopt.pages.rests import contradiction, counted_by, effect_of, rests

CLAIM = '{says: It does no harm., mean_of: ["0.1", "10"], more_than: 0, why: Harm is below 0.}'

MEAN = "The effect (error, no clipping minus error, clipping of 0.1 … 10) is {} points"


def made(tmp_path: Path, claim: str) -> Experiment:
    path = tmp_path / "table9.yaml"
    path.write_text(SMALL.replace(CLAIM, claim))
    return read(path, "report/table9")


def told_of(experiment: Experiment, *effects: float) -> str:
    """What the verdict on its second sentence rests on, with effects as below."""
    return rests(judged(experiment, *effects), experiment)


def judged(experiment: Experiment, *effects: float) -> Verdict:
    """Its second sentence, ten seeds having about these effects at 0.1 and at 10."""
    errors: dict[tuple[str, str], list[float | None]] = {("Adam alone", "no clip"): [5.0] * 10}
    for row, effect in zip(("0.1", "10"), effects, strict=True):
        errors[row, "no clip"] = [50 + effect + 0.1 * seed for seed in range(10)]
        errors[row, "clip"] = [50 + 0.11 * seed for seed in range(10)]
    return views_of(experiment, records(experiment, errors), 10)[-1].verdicts[1]


def test_a_mean_names_the_rows_that_are_not_as_it_says(tmp_path: Path) -> None:
    experiment = made(tmp_path, CLAIM)
    told = MEAN + ", claimed > 0. It is judged by the mean over 2 rows"
    assert told_of(experiment, -5, 20) == told.format("7.46") + "; 0.1 alone is not as claimed."
    assert told_of(experiment, 5, -20) == told.format("-7.54") + "; 0.1 alone is as claimed."
    assert told_of(experiment, 5, 20) == told.format("12.46") + "."


def test_a_mean_names_the_rows_that_it_does_not_show(tmp_path: Path) -> None:
    """At 0.1 the effects are 1 on average, but -8 to 10: alone they would not be shown to be above 0."""
    experiment = made(tmp_path, CLAIM)
    errors: dict[tuple[str, str], list[float | None]] = {("Adam alone", "no clip"): [5.0] * 10}
    for row, seen in (("0.1", range(-8, 11, 2)), ("10", range(31, 50, 2))):
        errors[row, "no clip"] = [40.0 + effect for effect in seen]
        errors[row, "clip"] = [40.0] * 10

    def told(found: dict[tuple[str, str], list[float | None]]) -> str:
        return rests(views_of(experiment, records(experiment, found), 10)[-1].verdicts[1], experiment)

    mean = MEAN + ", claimed > 0. It is judged by the mean over 2 rows"
    assert told(errors) == mean.format("20.50") + "; 0.1 alone is not shown to be as claimed."
    below = {key: errors[key] if key[0] != "0.1" else errors[key][::-1] for key in errors}
    assert told(below).endswith("; 0.1 alone is not shown to be as claimed."), "whatever the order of seeds"
    shown = errors | {("0.1", "no clip"): [41.0 + 0.1 * seed for seed in range(10)]}
    assert told(shown) == mean.format("20.73") + "."
    baseline = ("Adam alone", "no clip")
    swapped = {"clip": "no clip", "no clip": "clip"}
    against = {(row, swapped[column]): errors[row, column] for row, column in errors if row != baseline[0]}
    no = told(against | {baseline: errors[baseline]})
    assert no == mean.format("-20.50") + ".", "what does not hold as a mean names only rows that would"


@pytest.mark.parametrize(
    ("name", "sentence", "check", "told"),
    [
        ("hyper_regularization/fig3", 0, 0, "GD minus H1 in w0 (kg), epoch 1000"),
        ("adabelief_amsgrad/table1", 0, 0, "Test Error of SGD / SGD minus 8"),
        ("adabelief_amsgrad/table1", 1, 0, "distance from the median over seeds of Test Error of SGD / SGD"),
        ("adabelief_amsgrad/table1", 3, 0, "SGD / SGD over SGD in Time(s), gdtuo"),
        ("hypergradient/fig2", 0, 1, "SGD, α 0.1 minus SGD-HD, α 0.1 in validation loss, epoch 50"),
        (
            "hypergradient/fig3_logistic",
            2,
            0,
            "training loss, epoch 10 of SGD minus that of the original authors",
        ),
        (
            "hyper_regularization/fig3_longer",
            0,
            0,
            "w0 (kg), epoch 20 minus w0 (kg), epoch 20000 of GD",
        ),
    ],
)
def test_an_effect_says_what_is_taken_from_what(name: str, sentence: int, check: int, told: str) -> None:
    [experiment] = load(name)
    nothing = measure(experiment, {}, ())
    [first, *_] = effects.tested(experiment.claims[sentence].checks[check], experiment, nothing)
    assert effect_of(first, experiment) == told


def test_rows_are_counted_by_their_verdicts(tmp_path: Path) -> None:
    each = CLAIM.replace("mean_of", "tested: the harm, tested: x, each_of").replace(", tested: x", "")
    found = told_of(made(tmp_path, each), -5, 20)
    assert found == "We test only the harm. Of 2 rows 1 holds, 1 does not."
    some = each.replace("more_than", "all_but: 1, more_than")
    assert told_of(made(tmp_path, some), -5, 20).endswith("1 does not; the sentence needs only 1.")


def test_outcomes_are_counted_in_words() -> None:
    assert counted_by({"holds": 2, "undecided": 1}, "row", "rows") == "Of 3 rows 2 hold, 1 is undecided."
    assert counted_by({"does not hold": 3, "holds": 0}, "row", "rows") == "None of 3 rows holds."
    assert counted_by({"does not hold": 2}, "row", "rows") == "Neither row holds."
    mixed = counted_by({"does not hold": 1, "undecided": 3}, "row", "rows")
    assert mixed == "Of 4 rows 1 does not hold, 3 are undecided."
    assert counted_by({"does not hold": 1}, "row", "rows") == "The row does not hold."
    assert counted_by({}, "row", "rows") == ""


def test_the_reports_own_numbers_are_named_where_they_contradict_it(tmp_path: Path) -> None:
    against = CLAIM.replace("mean_of", "contradicted: true, each_of").replace("more_than: 0", "at_most: 20")
    experiment = made(tmp_path, against)
    told = contradiction(judged(experiment, 5, 5), experiment)
    assert told == "**The report's own numbers contradict it:** 10: 60 against 30."
    assert contradiction(judged(made(tmp_path, CLAIM), 5, 5), experiment) == ""


def test_an_effect_of_exactly_nothing_says_so(tmp_path: Path) -> None:
    same: dict[tuple[str, str], list[float | None]] = {
        (row, column): [50.0 + seed for seed in range(10)]
        for row in ("0.1", "10")
        for column in ("no clip", "clip")
    }
    experiment = made(tmp_path, CLAIM)
    page = page_of(experiment, records(experiment, same | {("Adam alone", "no clip"): [5.0] * 10}), 10)
    assert "0 (every seed)" in page.markdown


def test_numbers_that_agree_are_counted_in_words() -> None:
    def told(agree: int, saying: int, compared: int) -> str:
        return numbers(Tally({}, {}, {}, agree, saying, compared, Counter()))

    assert told(22, 9, 27) == "22 of 27 numbers agree, 9 of them tellingly"
    assert told(3, 3, 4) == "3 of 4 numbers agree, all of them tellingly"
    assert told(2, 0, 2) == "2 of 2 numbers agree, none of them tellingly"
    assert told(0, 0, 2) == "0 of 2 numbers agree"
    assert told(1, 1, 1) == "its one number agrees, tellingly"
    assert told(1, 0, 1) == "its one number agrees, not tellingly"
    assert told(0, 0, 1) == "its one number does not agree"
    assert told(0, 0, 0) == ""


@pytest.mark.parametrize(
    ("left_out", "told"),
    [
        ({"equal": 2}, "the few runs, all equal, show no spread"),
        ({"diverged": 1, "single": 3}, "a run diverged (1) and a single run shows no spread (3)"),
    ],
)
def test_what_cannot_be_compared_says_why(left_out: dict[Obstacle, int], told: str) -> None:
    assert why_not(Counter(left_out)) == told


def test_an_undecided_sentence_says_what_its_rows_show_so_far(tmp_path: Path) -> None:
    """Three seeds decide neither sentence: of one row the effect stands there, of several how many agree."""
    experiment = made(tmp_path, CLAIM)
    errors: dict[tuple[str, str], list[float | None]] = {
        ("Adam alone", "no clip"): [5.0, 5.0, 5.0],
        ("0.1", "no clip"): [7.0, 7.0, 10.0],
        ("0.1", "clip"): [5.0, 8.0, 5.0],
        ("10", "no clip"): [50.0, 40.0, 45.0],
        ("10", "clip"): [40.0, 50.0, 45.0],
    }
    several, mean, _ = views_of(experiment, records(experiment, errors))[-1].verdicts
    assert [verdict.outcome for verdict in (several, mean)] == ["undecided", "undecided"]
    assert rests(several, experiment) == (
        "Both rows are undecided. So far the effect is as claimed in 1 of 2 rows."
    )
    assert rests(mean, experiment).startswith(f"So far t{MEAN[1:].format('1.00')}, claimed > 0.")


def test_effects_that_are_as_claimed_by_next_to_nothing_are_counted(tmp_path: Path) -> None:
    """A quarter of a point is negligible; of the first sentence 1 point and more are as claimed."""
    experiment = made(tmp_path, CLAIM)
    told = []
    for far in (1.1, 20.0):
        errors: dict[tuple[str, str], list[float | None]] = {("Adam alone", "no clip"): [5.0] * 3}
        for row, effect in (("0.1", 1.2), ("10", far)):
            errors[row, "clip"] = [50.0] * 3
            errors[row, "no clip"] = [50 + effect - 30, 50 + effect, 50 + effect + 30]
        told.append(rests(views_of(experiment, records(experiment, errors))[-1].verdicts[0], experiment))
    so_far = "Both rows are undecided. So far the effect is as claimed in 2 of 2 rows"
    assert told == [
        f"{so_far}, in each of them by a negligible 0.25 points at most.",
        f"{so_far}, in 1 of them (0.1) by a negligible 0.25 points at most.",
    ]


def test_what_lies_at_its_bound_says_how_far_off_is_too_little_to_speak_of(tmp_path: Path) -> None:
    """Effects of a hundredth of a point either way, of errors: a quarter of a point is negligible."""
    experiment = made(tmp_path, CLAIM)
    errors: dict[tuple[str, str], list[float | None]] = {("Adam alone", "no clip"): [5.0] * 10}
    for row in ("0.1", "10"):
        errors[row, "no clip"] = [40.0 + (-1) ** seed * 0.01 for seed in range(10)]
        errors[row, "clip"] = [40.0] * 10
    verdict = views_of(experiment, records(experiment, errors), 10)[-1].verdicts[1]
    assert verdict.outcome == "at the bound"
    assert rests(verdict, experiment).endswith("Up to 0.25 points counts as negligible.")


ROUGH = """
title: Smoothness
source: A report, figure 9
judged_by: median
looks: [10]
settings: {dataset: mnist, model: mlp, epochs: 4}
panels: [{metric: train_loss, label: training loss, points: [4], reductions: [roughness]}]
curves:
  - {label: SGD, settings: {stack: sgd}}
  - {label: Adam, settings: {stack: adam}}
claims:
  - says: Adam is smoother.
    effect: {from: {row: SGD, column: roughness}, to: roughness}
    each_of: [Adam]
    more_than: 0
"""


def test_ties_that_could_not_be_else_are_counted_where_the_effect_is_nothing(tmp_path: Path) -> None:
    """Of ten seeds one has a rougher SGD, one a rougher Adam; the curves of the others only flatten."""
    path = tmp_path / "figure9.yaml"
    path.write_text(ROUGH)
    experiment = read(path, "report/figure9")
    calm, rough = [4.0, 2.0, 1.0, 0.5], [4.0, 1.0, 3.0, 0.5]
    losses = {
        label: [rough if seed == one else calm for seed in range(10)]
        for label, one in (("SGD", 0), ("Adam", 1))
    }
    made = {
        run.id: blank(run.id, run.canonical(), {"train_loss": curve})
        for label, curves in losses.items()
        for seed, curve in enumerate(curves)
        for run in [experiment.cell(label, "epoch 4").run(seed)]
    }
    [verdict] = views_of(experiment, made, 10)[-1].verdicts
    assert verdict.outcome == "at the bound"
    told = rests(verdict, experiment)
    assert "is 0, its bound: in 8 of 10 seeds neither number could be smaller;" in told
    assert "the others do not decide." in told
    assert "negligible" not in told


def test_a_sentence_about_what_is_printed_says_how_often_it_would_be(tmp_path: Path) -> None:
    """At 10 five effects are 1 and five -3: of 120 means of three 10 are above 0, those of three times 1."""
    claim = '{says: Bold., each_of: ["0.1", "10"], more_than: 0, why: As printed., judged_by: repeats}'
    experiment = made(tmp_path, claim)
    errors: dict[tuple[str, str], list[float | None]] = {("Adam alone", "no clip"): [5.0] * 10}
    for row, seen in (("0.1", [2.0] * 10), ("10", [1.0, -3.0] * 5)):
        errors[row, "no clip"] = [40.0 + effect for effect in seen]
        errors[row, "clip"] = [40.0] * 10
    verdict = views_of(experiment, records(experiment, errors), 10)[-1].verdicts[1]
    assert rests(verdict, experiment).startswith(
        "8 % of repeats of the report's procedure (3 runs per number) would print both rows as claimed. "
        "By itself no row is decided. So far "
    )
