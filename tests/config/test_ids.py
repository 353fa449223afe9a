import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hyperopt.config import from_canonical, resolve
from hyperopt.data import DATASETS
from hyperopt.optim.rules import RULES
from hyperopt.optim.stack_settings import FORMS

PUBLISHED = {
    "0c278076fc02": {},
    "a21186ab36b5": {"stack": "sgd", "dataset": "iris", "model.hidden": [8]},
    "cfc3c99baf65": {"stack": "adam/rmsprop/sgd", "alpha": "1/2/3", "clip": "false/true"},
    "9e1d8c71b457": {"tune": ["alpha", "beta1"]},
    "d5f63882a0c4": {"form": "textbook", "clip": True},
}


@pytest.mark.parametrize(("id_", "asked"), PUBLISHED.items())
def test_published_ids_do_not_change(id_: str, asked: dict) -> None:
    assert resolve(asked).id == id_


def test_one_run_has_one_id_however_it_is_written() -> None:
    assert (
        resolve({"alpha": 1, "seed": 1.0, "beta1": "0.5"}).id
        == resolve({"alpha": "1e0", "seed": 1, "beta1": 0.50}).id
    )
    assert resolve({"alpha": "0.001/1"}).id == resolve({"alpha": 1.0, "momentum": None, "model": "mlp"}).id
    textbook = {"adam_start": 0, "clip_counts_first_norm": False, "clip": True}
    assert resolve({"form": "textbook", "clip": True}).id == resolve(textbook).id
    assert resolve({"clip_counts_first_norm": False}).id == resolve({}).id, "nothing is clipped"
    assert resolve({"alpha": -0.0}).id == resolve({"alpha": 0}).id


def test_versions_above_one_change_the_id(monkeypatch: pytest.MonkeyPatch) -> None:
    before = resolve({}).id
    monkeypatch.setattr(RULES["sgd"], "version", 2)
    run = resolve({})
    assert run.canonical()["versions"] == {"rule.sgd": 2}
    assert run.id != before
    assert resolve({"stack": "adam"}).canonical().get("versions") is None


TUNED = [rule for rule in RULES if RULES[rule].tunable(RULES[rule].hyperparameters)]
SOMETHING = st.fixed_dictionaries(
    {
        "stack": st.tuples(st.lists(st.sampled_from(TUNED), max_size=3), st.sampled_from(list(RULES))).map(
            lambda levels: "/".join([*levels[0], levels[1]])
        )
    },
    optional={
        "alpha": st.floats(0, 1e3, width=32),
        "seed": st.integers(0, 2**31),
        "epochs": st.integers(1, 100),
        "form": st.sampled_from(FORMS),
        "dataset": st.sampled_from([k for k, v in DATASETS.items() if v.classes_of == "inputs"]),
        "dataset.train": st.integers(1, 30),
        "model.hidden": st.lists(st.integers(1, 300), min_size=1, max_size=3),
        "tune": st.sampled_from(["all", "alpha", ["alpha"]]),
    },
)


@given(asked=SOMETHING, data=st.data())
@settings(max_examples=60, deadline=None)
def test_id_ignores_order_and_survives_the_canonical_form(asked: dict, data: st.DataObject) -> None:
    assume(asked["stack"].partition("/")[0] in TUNED or "tune" not in asked)
    run = resolve(asked)
    shuffled = data.draw(st.permutations(list(asked.items())))
    assert resolve(dict(shuffled)).id == run.id
    again = from_canonical(json.loads(json.dumps(run.canonical())))
    assert again.canonical() == run.canonical()
    assert (again.id, again.label, again.numbers, again.tune) == (run.id, run.label, run.numbers, run.tune)
