"""Words that select runs mean what `hyperopt run` means by them, and more."""

from __future__ import annotations

from typing import Any

import pytest

from hyperopt.errors import ConfigError
from hyperopt.selection.criteria import PerLevel, criteria_of


def accepted(word: str, *values: Any) -> list[Any]:
    [criterion] = criteria_of([word])
    return [value for value in values if criterion(value)]


@pytest.mark.parametrize(
    ("word", "values", "meant"),
    [
        ("batch_size=128,256", [64, 128, 256.0], [128, 256.0]),
        ("seed=range(0,3)", [0, 2, 3], [0, 2]),
        ("l2=1e-4", [0.0001, 0.00011], [0.0001]),
        ("test_error=<3", [2.9, 3, float("nan"), None, True], [2.9]),
        ("test_error=<=3,>90", [3, 50.0, 91.0], [3, 91.0]),
        ("test_error=1e0..3", [0.9, 1, 3.0, 3.1], [1, 3.0]),
        ("x=-2..-1", [-2, -1.5, 0], [-2, -1.5]),
        ("stack=adam/*", ["adam", "adam/sgd", "adam/sgd/sgd", "sgd/sgd"], ["adam/sgd", "adam/sgd/sgd"]),
        ("stack=adam,sgd/sgd", ["adam", "adam/sgd", "sgd/sgd"], ["adam", "sgd/sgd"]),
        ("diverged=true", [True, False, 1], [True]),
        ("model.hidden=[128,64]", [[128, 64], [128], 128], [[128, 64]]),
        ("tune=alpha", [["alpha"], ["beta1"], ["alpha", "beta1"]], [["alpha"], ["alpha", "beta1"]]),
        ("id=12e4", ["12e4aa", "120000"], ["12e4aa"]),
        ("tag=base*", [["baseline"], [], ["other", "base"]], [["baseline"], ["other", "base"]]),
        ("started=2026-11", ["2026-11-26T10:00", "2025-11"], ["2026-11-26T10:00"]),
    ],
)
def test_a_word_accepts(word: str, values: list[Any], meant: list[Any]) -> None:
    assert accepted(word, *values) == meant


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("alpha=1e-5", [(0.01, 1e-5), (1e-5,)]),
        ("alpha=<1e-4", [(0.01, 1e-5), (1e-5,)]),
        ("alpha=0.01/1e-5", [(0.01, 1e-5)]),
        ("alpha=*/1e-5", [(0.01, 1e-5)]),
        ("alpha=>1e-3/*", [(0.01, 1e-5)]),
        ("alpha=0.1", [(0.001, 0.1)]),
    ],
)
def test_one_alpha_is_the_top_levels_and_a_slash_gives_every_levels(word: str, meant: list[Any]) -> None:
    values = [PerLevel(rates) for rates in [(0.01, 1e-5), (1e-5,), (0.001, 0.1)]]
    assert [value.levels for value in accepted(word, *values)] == meant


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("clip=true", [(True,), (True, True)]),
        ("clip=false", [(), (False,)]),
        ("clip=false/true", [(False, True)]),
        ("clip=<1", []),
    ],
)
def test_clip_is_said_of_all_levels_above_0_or_of_each(word: str, meant: list[Any]) -> None:
    values = [PerLevel(clips) for clips in [(), (True,), (False,), (True, True), (False, True)]]
    assert [value.levels for value in accepted(word, *values)] == meant


def test_a_named_stack_is_its_rules_and_what_they_tune() -> None:
    told = {criterion.key: criterion.text for criterion in criteria_of(["stack=adam_hd"])}
    assert told == {"stack": "adam/sgd", "tune": "alpha"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["stack"], "key=value is expected"),
        (["=3"], "key=value is expected"),
        (["alpha="], "a value, several"),
        (["alpha=>x"], "a number is expected after >"),
        (["seed=3..1"], "the smaller number is expected first"),
        (["seed=1", "seed=2"], "given twice"),
        (["mnist"], "did you mean dataset=mnist?"),
    ],
)
def test_what_is_no_criterion_is_refused_in_a_sentence(words: list[str], says: str) -> None:
    with pytest.raises(ConfigError, match=says.replace("?", r"\?")):
        criteria_of(words)
