from contextlib import suppress

import pytest
from hostile_words import SCALARS
from hypothesis import given
from hypothesis import strategies as st

from hyperopt.config import resolve, sweep
from hyperopt.config.process_options import with_detach
from hyperopt.config.sweep import PLAIN, Sweep, expand, one, parse, read
from hyperopt.errors import ConfigError


def runs_of(*overrides: str) -> list:
    return expand(parse(overrides)[0])[0]


def test_product_in_order_each_run_once() -> None:
    runs = runs_of("stack=sgd/sgd,adam/sgd", "clip=false,true", "seed=range(0,3)", "epochs=1")
    assert [(run.stack[0], run.clip, run.seed) for run in runs[:4]] == [
        ("sgd", (False,), 0),
        ("sgd", (False,), 1),
        ("sgd", (False,), 2),
        ("sgd", (True,), 0),
    ]
    assert len(runs) == 12
    assert len(runs_of("alpha=1e-3,0.001")) == 1


def test_clip_on_one_level_is_dropped_with_a_note() -> None:
    runs, notes = expand(parse(["stack=adam,adam/sgd", "clip=false,true"])[0])
    assert [(run.label, run.clip) for run in runs] == [
        ("adam(0.001)", ()),
        ("adam(0.001)/sgd(1e-05)", (False,)),
        ("adam(0.001)/sgd(1e-05)", (True,)),
    ]
    assert len(notes) == 1
    assert "stack=adam has no level above 0" in notes[0]


@pytest.mark.parametrize(
    ("typed", "warned"),
    [
        (["stack=adam,adam/sgd", "alpha=0.01"], True),
        (["stack=adam,adam/sgd", "alpha=0.01,0.1"], True),
        (["stack=adam,adam/sgd"], False),
        (["stack=adam,sgd", "alpha=0.01"], False),
        (["stack=adam/sgd,sgd/sgd", "alpha=0.01/1e-5"], False),
    ],
)
def test_a_rate_that_is_one_of_other_levels_in_other_stacks_is_noted(typed: list[str], warned: bool) -> None:
    _, notes = expand(parse(typed)[0])
    meant = "adam(0.01) and adam(0.001)/sgd(0.01)"
    assert [f"as it is the rate of the top level: {meant};" in note for note in notes] == [True] * warned


def test_a_sweep_of_which_nothing_is_left_is_refused() -> None:
    with pytest.raises(ConfigError, match="no level above 0"):
        runs_of("stack=adam", "clip=true")


def test_tune_is_refused_where_no_stack_has_a_level_that_tunes() -> None:
    refused = "^tune=alpha: stack=adam has no level above 0; tune needs one, as in adam/sgd.$"
    for words in (["stack=adam"], ["stack=adam", "alpha=0.1,1"], ["stack=adam,sgd"]):
        with pytest.raises(ConfigError, match=refused):
            runs_of(*words, "tune=alpha")
    with pytest.raises(ConfigError, match=refused):
        one(parse(["stack=adam", "tune=alpha"])[0])
    assert one(parse(["stack=adam", "tune=all"])[0]).tune == ()


def test_tune_may_be_common_to_stacks_of_which_some_have_one_level() -> None:
    both = runs_of("stack=adam,adam/sgd", "tune=alpha,[alpha,beta1]")
    assert [(run.label, run.tune) for run in both] == [
        ("adam(0.001)", ()),
        ("adam(0.001)/sgd(1e-05)", ("alpha",)),
        ("adam(0.001)/sgd(1e-05)", ("alpha", "beta1")),
    ]


def test_grammar() -> None:
    assert read(["tune=all,[alpha,beta1]", "alpha=0.01/1e-5", "clip=false/true", "stack='adam/sgd'"]) == {
        "tune": Sweep(("all", ["alpha", "beta1"])),
        "alpha": "0.01/1e-5",
        "clip": "false/true",
        "stack": "adam/sgd",
    }


@given(st.from_regex(PLAIN, fullmatch=True))
def test_what_is_read_without_hydra_is_what_hydra_reads(text: str) -> None:
    override = sweep._parse(text)
    expected = sweep._value(text, override)
    [(key, value)] = read([text]).items()
    assert (key, value, type(value)) == (override.key_or_group, expected, type(expected))


@pytest.mark.parametrize("value", SCALARS)
def test_what_is_not_plain_is_left_to_hydra(value: str) -> None:
    text = f"alpha={value}"
    try:
        expected: object = sweep._value(text, sweep._parse(text))
    except ConfigError as error:
        expected = str(error)
    try:
        found: object = read([text])["alpha"]
    except ConfigError as error:
        found = str(error)
    assert repr(found) == repr(expected)


def test_process_options_are_no_settings() -> None:
    settings, process = parse(
        ["device=cpu", "workers=2", "pack=auto", "compile=true", "format=json", "seed=3"]
    )
    assert settings == {"seed": 3}
    assert process == {"device": "cpu", "workers": 2, "pack": None, "compile": True, "format": "json"}


def test_keys_of_a_cluster_are_read_as_it_takes_them() -> None:
    _, process = parse(
        ["engine=slurm", "partition=short,long", "time=1.5h", "memory=4GB", "gpus=1", "workers=8"]
    )
    assert process == {
        "engine": "slurm",
        "partition": "short,long",
        "time": 5400.0,
        "memory": 4096,
        "gpus": 1,
        "workers": 8,
    }
    _, process = parse(["engine=dask", "scheduler=tcp://10.0.0.1:8786"])
    assert process == {"engine": "dask", "scheduler": "tcp://10.0.0.1:8786"}


@pytest.mark.parametrize("address", ["http://x", "tcp://127.0.0.1:abc", "tcp://127.0.0.1", "/tmp", "8786"])
def test_an_address_of_no_scheduler_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match=r"tcp://HOST:PORT or a scheduler's \.json file is expected"):
        parse(["engine=dask", f"scheduler={address}"])


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("partition=short", "only engine=slurm reads it"),
        ("scheduler=tcp://10.0.0.1:8786", "only engine=dask reads it"),
        ("engine=ray", "one of local, dask, slurm is expected"),
        ("time=soon", "a time such as 90s, 30m or 2h, of 100,000h at most, is expected"),
        (f"time={'9' * 400}h", "of 100,000h at most"),
        ("memory=4", "an amount such as 900MB or 4GB, of 1,000,000GB at most, is expected"),
        ("memory=99999999999999GB", "of 1,000,000GB at most"),
        (f"memory={'9' * 400}GB", "of 1,000,000GB at most"),
        ("memory=0MB", "an amount such as"),
        ("gpus=2", "0 or 1, since a pack trains on one GPU, is expected"),
    ],
)
def test_a_key_that_no_engine_here_reads_is_refused(override: str, expected: str) -> None:
    known = ["engine=slurm"] if override.startswith(("time", "memory", "gpus")) else []
    with pytest.raises(ConfigError, match=expected):
        parse([*known, override])
    with pytest.raises(ConfigError, match="--detach: engine=slurm is expected"):
        with_detach({"engine": "dask"}, True)


@pytest.mark.parametrize(
    "overrides",
    [
        ["seed=range(0,1000000000)"],
        ["alpha=range(0,1e9,0.5)"],
        ["seed=range(0,2000)", "alpha=range(0,1000)"],
    ],
)
def test_a_sweep_past_all_memory_is_refused_with_the_bound(overrides: list[str]) -> None:
    with pytest.raises(ConfigError, match="at most 100,000"):
        runs_of(*overrides)


def test_a_setting_is_resolved_once_for_all_its_seeds() -> None:
    """And each run is as it would be alone."""
    swept = runs_of("stack=sgd/sgd,adam/sgd", "alpha=1e-3,1e-4", "seed=5,0", "l2=0.1")
    assert len(swept) == 8
    for run in swept:
        alone = resolve({"stack": list(run.stack), "alpha": run.alpha[-1], "seed": run.seed, "l2": 0.1})
        assert (run, run.id, run.canonical()) == (alone, alone.id, alone.canonical())


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        (["seed"], "key=value is expected"),
        (["+seed=1"], "key=value is expected"),
        (["~seed"], "key=value is expected"),
        (["seed=1", "seed=2"], "given twice"),
        (["seed=0,1,0"], "a seed is given twice"),
        (["seed=1,1.0"], "a seed is given twice"),
        (["seed=range(3,3)"], "range is empty"),
        (["seed=range(0,3,0)"], "step other than 0"),
        (["seed=interval(0,1)"], "comma list"),
        (["seed=0..3"], r"did you mean -m seed=.range\(0,4\)"),
        (["sede=1,2"], "did you mean seed"),
        (["partition=,,"], "partition=,,: a value is expected on both sides of each comma"),
        (["alpha=1,,2"], "a value is expected on both sides of each comma"),
        (["stack=adam,"], "a value is expected on both sides of each comma"),
        (["hydra.run.dir=x"], "no key"),
        (["device=tpu"], "auto, cpu, cuda"),
        (["workers=0"], "workers=0"),
        (["workers=1,2"], "workers=1,2"),
        (["compile=maybe"], "auto, true or false"),
        (["format=xml"], "text, json"),
    ],
)
def test_bad_overrides_are_refused(overrides: list[str], says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        expand(parse(overrides)[0])
    assert "\n" not in str(caught.value)


def test_several_values_for_one_run() -> None:
    with pytest.raises(ConfigError, match=r"alpha=0.0001,0.001: .* did you mean -m\?"):
        one(parse(["alpha=1e-4,1e-3"])[0])


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ConfigError):
        assert len(read([text])) == 1


@given(st.lists(st.floats(0, 1e3, width=32), min_size=2, max_size=5, unique=True))
def test_numbers_of_a_sweep_survive_the_grammar(alphas: list[float]) -> None:
    assert read([f"alpha={','.join(map(repr, alphas))}"])["alpha"].values == tuple(alphas)


def test_the_name_of_another_program_leads_to_a_key_that_the_stack_reads() -> None:
    with pytest.raises(ConfigError, match="did you mean gamma"):
        parse(["stack=rmsprop/sgd", "rho=0.9"])
    with pytest.raises(ConfigError, match="no key 'rho'; known: stack, alpha"):
        parse(["stack=adam/sgd", "rho=0.9"])
