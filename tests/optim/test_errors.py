"""What a sentence about input says."""

import pytest
import torch
from torch import nn

from hyperopt.config.shorthands import SHORTHANDS, USUAL
from hyperopt.optim import HyperOptimizer
from hyperopt.optim.errors import MOST_LETTERS, MOST_NAMES, SYNONYMS, ConfigError, shown, typed, unknown

KEYS = ("dataset", "model", "stack", "alpha", "l2", "compile", "batch_size", "weight_decay", "seed", "epochs")
RULES = ("sgd", "adam", "adagrad", "rmsprop", "amsgrad", "package.module:Class")


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("lr", KEYS, "alpha"),
        ("learning_rate", KEYS, "alpha"),
        ("learning-rate", KEYS, "alpha"),
        ("optimizer", KEYS, "stack"),
        ("data", KEYS, "dataset"),
        ("bs", KEYS, "batch_size"),
        ("wd", KEYS, "weight_decay"),
        ("sede", KEYS, "seed"),
        ("Seed", KEYS, "seed"),
        ("ADAM", RULES, "adam"),
        ("adm", RULES, "adam"),
    ],
)
def test_a_name_of_other_programs_or_a_slip_leads_to_ours(name: str, known: tuple, meant: str) -> None:
    assert str(unknown("key", name, known)).endswith(f"; did you mean {meant}?")


def test_a_synonym_for_what_is_not_known_here_leads_nowhere() -> None:
    assert "did you mean" not in str(unknown("model", "lr", ("mlp", "cnn")))


def test_at_most_five_names_are_listed() -> None:
    told = str(unknown("key", "zzz", KEYS))
    assert told.endswith("; known: dataset, model, stack, alpha, l2 and 5 more.")
    assert str(unknown("key", "zzz", KEYS[:MOST_NAMES])).endswith("known: dataset, model, stack, alpha, l2.")


def test_no_synonym_needs_another() -> None:
    first = {meant.partition(" ")[0] for meant in SYNONYMS.values()}
    assert not first & set(SYNONYMS) - {"data", "momentum", "sgd_hd"}


@pytest.mark.parametrize("name", SHORTHANDS)
def test_a_named_stack_of_the_command_leads_to_what_it_stands_for(name: str) -> None:
    params = [nn.Parameter(torch.ones(2))]
    settings = SHORTHANDS[name] | USUAL.get(name, {})
    stack = settings.pop("stack")
    with pytest.raises(ConfigError, match=rf"stack={name}: .* did you mean {stack} with (.*)\?$") as refused:
        HyperOptimizer(params, name)
    said = str(refused.value).rpartition(" with ")[2].rstrip("?").replace(" and ", ", ").split(", ")
    assert sorted(said) == sorted(f"{key}={shown(value)}" for key, value in settings.items())
    HyperOptimizer(params, stack, **settings)


HUGE = {
    "letters": "x" * 10**6,
    "digits": 10**5000,
    "lists": [[1] * 1000],
    "control letters": "a\nb\x1b[31m\x00",
    "mapping": {"a": [None, True]},
}


@pytest.mark.parametrize("name", HUGE)
def test_a_value_is_told_on_one_short_line(name: str) -> None:
    told = typed("key", HUGE[name])
    assert told.isprintable()
    assert len(told) <= MOST_LETTERS + 10


def test_values_are_shown_as_they_are_typed() -> None:
    assert shown([1.0, None, True, {"a": 1e-5}]) == "[1,null,true,{a:1e-05}]"
