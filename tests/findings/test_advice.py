"""Which method to use: numbers and sentences from losses whose answers are known by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from small_studies import ADAMW, BETTER, FORGIVING, FREE, method, workload

from hyperopt.experiments import load
from hyperopt.findings.advice import OF_THE_PACKAGE, of_the_package, picks
from hyperopt.findings.methods import Method, guessing, knob, workload_of
from hyperopt.findings.study import seeds_in
from hyperopt.optim.group_settings import WITHOUT_STACK
from hyperopt.pages.which_stack import page


def test_the_answers_follow_from_the_scores() -> None:
    blind, rough, tuned = picks([workload(ADAMW, FORGIVING, BETTER, FREE)])
    assert [pick.method for pick in (blind, rough, tuned)] == ["Better, tuned", "adam/sgd", "Better, tuned"]
    assert [blind.score, rough.baseline, tuned.score] == pytest.approx([0.9, 2.0, 0.9])
    stacks = [pick.stack for pick in (rough, tuned) if pick.stack]
    assert [label for label, _ in stacks] == ["adam/sgd", "adam/sgd"]
    assert [score for _, score in stacks] == pytest.approx([1.15, 1.05])
    assert rough.other == ("AdamW", 2.0)
    assert "try Better, tuned; at AdamW's best rate, its loss is 0.90 times that of AdamW." in tuned.sentence
    assert "at its best rate; AdamW averaged alike has 2.00 times that." in rough.sentence
    assert "AdamW at its best rate has" not in tuned.sentence


def test_who_has_no_idea_takes_defaults_of_all_methods_alike() -> None:
    """Its default, 1.3, and the defaults of those that need a rate; no draws beside defaults."""
    stack = method("adam/sgd", [9.0, 0.8, 9.0])
    [first, *_] = picks([workload(ADAMW, stack, FREE)])
    assert (first.method, first.score) == ("adam/sgd", 0.8)
    assert "at its default, its loss is 0.80 times" in first.sentence
    assert "its mean loss is 6.27 times that of AdamW at its best rate;" in first.sentence
    assert "AdamW has the least, 2.00 times." in first.sentence
    assert first.before is not None
    assert (first.before[0], round(first.before[1], 9)) == ("Free", 1.3)
    text = page([workload(ADAMW, stack, FREE)])
    assert "changed after the first numbers were seen" in text
    assert "by that rule the answer would be Free, at 1.30 times" in text
    assert "These need no rate: Free. For them, *rate* means" in text


def test_where_nothing_is_better_the_baseline_is_the_answer() -> None:
    """Also of what is exactly as good."""
    alike = method("A twin", ADAMW.losses)
    for pick in picks([workload(alike, ADAMW)]):
        assert pick.method == "AdamW"
        assert "try AdamW; " in pick.sentence
        assert "no method's loss is lower by more than 10 %" in pick.sentence


def test_within_the_band_the_baseline_is_the_answer() -> None:
    """A loss a tenth lower is no better at a band of a fifth: a reader's band changes the answers."""
    there = [workload(ADAMW, FORGIVING, BETTER, FREE)]
    assert [pick.method for pick in picks(there, band=0.2)] == ["AdamW", "adam/sgd", "AdamW"]
    assert [pick.method for pick in picks(there, band=0.05)][-1] == "Better, tuned"
    wide, narrow = (picks(there, band=band)[1].sentence for band in (0.2, 0.04))
    assert "Of the 3 rates, 3.0 of adam/sgd and 1.0 of AdamW come within" in wide
    assert "Of the 3 rates, 0.0 of adam/sgd and 1.0 of AdamW come within 4 %" in narrow


def test_the_last_answer_says_what_is_fastest_to_the_target() -> None:
    """AdamW's loss is 2, 1.5 and 1 after its three epochs."""
    fast = Method("Fast", "", (0.97,) * 3, 0, ((1.6, 1.4, 0.97),) * 3, by_seed=((0.97,) * 3,))
    said = [picks([workload(ADAMW, fast)], target=target)[-1].sentence for target in (1.5, 1.6, 0.98)]
    assert "in fewer epochs than AdamW." in said[0]
    assert "Fast reaches 1.6 times AdamW's best loss in the fewest epochs" in said[1]
    assert "AdamW itself never reaches 0.98 times AdamW's best loss on a;" in said[2]


def test_an_answer_carries_what_a_workload_left_out_makes_of_it() -> None:
    one = [workload(ADAMW, FORGIVING, name=name) for name in "abc"]
    odd = workload(ADAMW, method("adam/sgd", [0.1] * 3), name="odd")
    rough = picks([*one, odd])[1]
    assert {name: left.method for name, left in rough.without.items()} == dict.fromkeys(
        ("a", "b", "c", "odd"), "adam/sgd"
    )
    assert rough.without["odd"].score == pytest.approx(1.15)
    assert rough.without["a"].score == pytest.approx((1.15**2 * 0.1) ** (1 / 3))
    first = picks([*one, odd])[0]
    assert (first.method, first.without["odd"].method) == ("adam/sgd", "AdamW")
    assert "on only 4 workloads with one seed each, so chance cannot be judged." in first.sentence
    assert "Without one workload it is 0.48 to 1.05 times (AdamW 1.00 to 1.00);" in first.sentence
    assert "without odd the answer would be AdamW." in first.sentence


def test_an_answer_is_advice_where_neither_a_workload_nor_chance_decides_it() -> None:
    firm = [workload(ADAMW, method("adam/sgd", [0.5] * 3), name=name) for name in "abcde"]
    assert [pick.is_firm for pick in picks(firm)] == [True] * 3
    assert "use adam/sgd; at its default" in picks(firm)[0].sentence
    assert not any(pick.is_firm for pick in picks(firm[1:]))
    odd = [workload(ADAMW, method("adam/sgd", [1.0] * 3), name=name) for name in "abcd"]
    odd.append(workload(ADAMW, method("adam/sgd", [0.01] * 3), name="odd"))
    assert not picks(odd)[0].is_firm
    # Of two seeds each method wins with one: the other answer comes in a quarter of the draws.
    coin = [
        Method(label, "", means, 1, ((9.0,),) * 3, by_seed=seeds)
        for label, means, seeds in (
            ("AdamW", (9.0, 9.0, 9.0), ((9.0,) * 3,) * 2),
            ("adam/sgd", (1.9, 1.9, 1.9), ((1.0,) * 3, (2.8,) * 3)),
            ("sgd/sgd", (2.0, 2.0, 2.0), ((3.0,) * 3, (1.0,) * 3)),
        )
    ]
    tossed = picks([workload(*coin, name=name) for name in "a"])[0]
    assert tossed.again == {
        "adam/sgd": pytest.approx(0.75, abs=0.05),
        "sgd/sgd": pytest.approx(0.25, abs=0.05),
    }
    assert "Its 95 % interval is 0.11 to 0.31; 7" in tossed.sentence
    assert "% of bootstrap draws of seeds give this answer. " in tossed.sentence
    rarely = replace(tossed, again={"sgd/sgd": 0.6, "adam/sgd": 0.4})
    draws = "40 % of bootstrap draws of seeds give this answer, 60 % sgd/sgd"
    assert f"{draws} (0.22 times over all seeds)." in rarely.sentence
    tied = replace(rarely, scores={**rarely.scores, "sgd/sgd": rarely.score + 0.001})
    assert f"{draws} (0.21 times over all seeds)." in tied.sentence
    assert tossed.interval
    assert (tossed.interval.low, tossed.interval.high) == pytest.approx((1 / 9, 2.8 / 9))


def test_an_answer_says_where_it_is_behind_and_how_many_workloads_have_several_seeds() -> None:
    ahead = [workload(ADAMW, method("adam/sgd", [0.5] * 3), name=name) for name in "abcd"]
    behind = workload(ADAMW, method("adam/sgd", [1.2] * 3), name="odd")
    first = picks([*ahead, behind])[0]
    assert "It is more than 10 % behind AdamW at its own default on odd (1.20; 1.00)." in first.sentence
    assert "behind AdamW" not in picks([*ahead, behind], band=0.25)[0].sentence
    many = Method("AdamW", "", (1.0,) * 3, 1, ((1.0,),) * 3, by_seed=((1.0,) * 3,) * 2)
    own = Method("adam/sgd", "", (0.5,) * 3, 1, ((0.5,),) * 3, by_seed=((0.5,) * 3,) * 2)
    assert "on 5 workloads, 1 of them with several seeds." in picks([*ahead, workload(many, own)])[0].sentence


def test_a_workload_that_is_begun_takes_no_method_from_the_answers_and_checks_them() -> None:
    whole = workload(ADAMW, FORGIVING, name="whole")
    begun = workload(ADAMW, missing=("adam/sgd",), name="begun")
    assert picks([whole, begun])[1].checks == {}
    text = page([whole, begun])
    assert "So far this is based on whole only:" in text
    assert "1 of 2" in text
    assert "begun: so far 1 of 2 methods, not counted in the answers above" in text
    more = workload(ADAMW, method("adam/sgd", [2.0] * 3), missing=("Lion",), name="more")
    assert picks([whole, more])[1].checks == {"more": (2.0, 2.0)}
    assert "more: 2.00 times, AdamW 2.00" in page([whole, more])


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
    assert row.settings == {**WITHOUT_STACK, "alpha": f"{{x}}/{WITHOUT_STACK['alpha']}"}
    assert iris.settings["form"] == "textbook"


def test_the_page_says_what_the_packages_own_stack_is_for() -> None:
    there = [workload(ADAMW, FORGIVING, method(OF_THE_PACKAGE, [1.0, 0.9, 1.0]))]
    said = of_the_package(there)
    assert "from AdamW's best rate, its loss is 0.90 times AdamW's." in said
    assert "from its default rate, its loss is 0.90 times that of AdamW at its best rate" in said
    assert "while AdamW's from its own default is 1.00 times." in said
    assert "the neighbouring rates, it is 0.97 times, and AdamW's 2.00 times." in said
    assert said in page(there)
    assert of_the_package([workload(ADAMW, FORGIVING)]) == ""
