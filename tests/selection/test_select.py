"""Selections are what filtering the records themselves gives, and refuse what no run can have."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from made_records import a_record

import hyperopt
from hyperopt.config import resolve
from hyperopt.errors import ConfigError
from hyperopt.records import Record, Store, working
from hyperopt.records.remarks import remark
from hyperopt.selection import select
from hyperopt.selection.rows import grouped, mixed, ordered, varied
from hyperopt.selection.select import needed


def record(*, error: float = 3.0, diverged: bool = False, **settings: object) -> Record:
    run = resolve({"dataset": "mnist", **settings})
    return a_record(
        id=run.id,
        config=run.canonical(),
        metrics={"train_loss": [2.0, 1.0], "test_error": [50.0, error]},
        hyperparameters={"0.alpha": [0.1, 0.2 * error]},
        final={"train_loss_full": 0.5},
        diverged=diverged,
        made={"device": "cpu", "started": f"2026-11-26T00:00:{run.seed:02d}+00:00"},
    )


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Records of two stacks, three alphas and three seeds; two runs have diverged."""
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path))
    store = working()
    for stack in ("adam/sgd", "sgd/sgd"):
        runs = [(alpha, seed) for alpha in (1e-4, 1e-3, 1e-2) for seed in range(3)]
        store.write(
            [
                record(
                    stack=stack,
                    alpha=a,
                    seed=s,
                    error=100 * a + s,
                    diverged=a == 1e-2 and s == 0,
                    clip=s == 2,
                )
                for a, s in runs
            ],
            stack.replace("/", "-"),
        )
    return store


TESTS: dict[str, Callable[[Record], bool]] = {
    "stack=adam/*": lambda r: r.config["stack"].startswith("adam/"),
    "alpha=<1e-3": lambda r: r.config["alpha"][-1] < 1e-3,
    "alpha=1e-3..1": lambda r: 1e-3 <= r.config["alpha"][-1] <= 1,
    "seed=0,2": lambda r: r.config["seed"] in (0, 2),
    "clip=true": lambda r: "clip" in r.config,
    "clip=false": lambda r: "clip" not in r.config,
    "diverged=true": lambda r: r.diverged,
    "test_error=>1.5": lambda r: r.metrics["test_error"][-1] > 1.5,
    "test_accuracy=<98.5": lambda r: r.metrics["test_error"][-1] > 1.5,
    "0.alpha=<0.3": lambda r: r.hyperparameters["0.alpha"][-1] < 0.3,
    "train_loss_full=0.5": lambda r: True,
    "momentum=0": lambda r: r.config["stack"] == "sgd/sgd",
    "batch_size=256": lambda r: True,
    "epochs=5": lambda r: r.config["epochs"] == 5,
    "tune=beta1": lambda r: r.config["stack"] == "adam/sgd",
    "model.hidden=[128]": lambda r: True,
}


@pytest.mark.parametrize("seed", range(5))
def test_a_selection_is_what_filtering_the_records_gives(seed: int, store: Store) -> None:
    draw, records = random.Random(seed), store.load()
    for count in (1, 1, 2, 3):
        for _ in range(8):
            words = draw.sample(sorted(TESTS), count)
            if len({word.partition("=")[0] for word in words}) == count:
                expected = {id_ for id_, each in records.items() if all(TESTS[word](each) for word in words)}
                assert {*select(words).ids} == expected, words


def test_order_of_words_does_not_matter_and_rows_are_in_order_of_start(store: Store) -> None:
    one, other = select(["seed=0,1", "alpha=<1"]), select(["alpha=<1", "seed=0,1"])
    assert one.ids == other.ids
    assert one.column("seed") == [0] * 6 + [1] * 6


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("stak=adam", "did you mean stack"),
        ("lr=1", "did you mean alpha"),
        ("form=textbook", "there is no key 'form'"),
        ("stack=adm/*", "did you mean adam"),
        ("dataset=mnits", "did you mean mnist"),
        ("alpha=banana", "a number"),
        ("diverged=maybe", "true or false is expected"),
        ("seed=many", "a number"),
        ("test_error=1..", "a range"),
        ("alpha=<1/..2", "a range"),
        ("0.nosuch=1", "none of 18 runs has it; they have 0.alpha"),
        ("5.alpha=>1", "none of 18 runs has it; they have 0.alpha"),
    ],
)
def test_what_no_run_can_have_is_refused(word: str, says: str, store: Store) -> None:
    with pytest.raises(ConfigError, match=says) as refused:
        select([word])
    assert str(refused.value).startswith(word.partition(",")[0])


def test_where_nothing_is_found_the_sentence_says_what_there_is(store: Store) -> None:
    with pytest.raises(
        ConfigError, match=r"alpha=>1: none of the 18 stored runs has it; their values are 0.0001 to 0.01."
    ):
        needed(["alpha=>1"])
    with pytest.raises(ConfigError, match="but none matches all"):
        needed(["diverged=true", "alpha=<1e-3"])


def test_tags_that_there_are_are_told_one_by_one(store: Store, tmp_path: Path) -> None:
    ids = select().ids
    remark(tmp_path, ids[:2], add=["a", "b"])
    remark(tmp_path, ids[:1], add=["good"])
    with pytest.raises(ConfigError, match="their values are a, b, good\\."):
        needed(["tag=nosuch"])


def test_what_is_not_found_reaches_no_terminal_as_a_command_to_it(store: Store, tmp_path: Path) -> None:
    remark(tmp_path, select().ids[:1], note="\x1b[31mred\nnext")
    for words in (["note=\x1b[32m"], ["note=\x1b[31m*", "diverged=true", "alpha=<1e-3"]):
        with pytest.raises(ConfigError) as refused:
            needed(words)
        assert str(refused.value).isprintable()


def test_an_empty_store_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path / "none"))
    assert select(["stack=adam/*"]).ids == []
    with pytest.raises(ConfigError, match="no run is stored in"):
        needed([])


def test_groups_have_mean_and_sd_and_medians_where_a_run_diverged(store: Store) -> None:
    chosen = select(["stack=adam/sgd"])
    rows = grouped(chosen, ["alpha"])
    found = {row["alpha"].levels[-1]: row for row in rows}
    assert (found[1e-3]["n"], found[1e-3]["test_error"], found[1e-3]["test_error sd"]) == (3, 1.1, 1.0)
    lost = found[1e-2]
    assert (lost["test_error"], lost["test_error median"], lost["diverged"]) == (None, 2.0, 1)
    assert [row["alpha"].levels[-1] for row in ordered(rows, "-test_error", chosen)] == [1e-2, 1e-3, 1e-4]


def test_what_differs_is_told_but_not_what_follows_from_the_stack(store: Store) -> None:
    assert varied(select()) == ["clip"]
    assert mixed(select(), ["stack"]) == ["alpha", "clip"]
    assert mixed(select(["clip=false"]), ["stack", "alpha"]) == []


def test_tags_and_notes_select_and_leave_ids_alone(store: Store, tmp_path: Path) -> None:
    ids = select(["seed=0"]).ids
    remark(tmp_path, ids[:2], add=["base", "x"], note="odd")
    remark(tmp_path, ids[:1], remove=["x"])
    assert select(["tag=base"]).ids == ids[:2]
    assert select(["tag=x"]).ids == ids[1:2]
    assert select(["note=od*"]).ids == ids[:2]
    assert select(["seed=0"]).ids == ids


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[1]", b'{"a": 1}', b'{"a": {"tags": 3, "note": ""}}', b"\xff"]
)
def test_damaged_remarks_are_set_apart_and_stop_nothing(
    damage: bytes, store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ids = select().ids
    (tmp_path / "remarks.json").write_bytes(damage)
    assert select().ids == ids
    [moved] = (tmp_path / "damaged").iterdir()
    assert moved.read_bytes() == damage
    assert f"It was moved to {moved}; mend it and move it back." in caplog.text
    remark(tmp_path, ids[:1], add=["new"])
    assert select(["tag=new"]).ids == ids[:1]
    assert moved.read_bytes() == damage, "what was said before is kept"


def test_load_has_a_row_a_run_and_long_a_row_a_number(store: Store) -> None:
    runs = hyperopt.load("alpha=<1e-2", stack="adam/*", seed=[0, 1])
    assert len(runs) == 4
    assert runs.set_index("id").loc[runs.id[0], ["stack", "seed", "dataset"]].tolist() == [
        "adam/sgd",
        0,
        "mnist",
    ]
    long = hyperopt.load(stack="adam/*", seed=[0, 1], long=True)
    assert set(long.columns) == {"id", "epoch", "level", "name", "value"}
    last = long[(long.name == "test_error") & (long.epoch == 2)].merge(runs, on="id")
    assert last.value.tolist() == last.test_error.tolist()
    learned = long[(long.name == "alpha") & (long.level == 0) & (long.epoch == 1)]
    assert learned.value.tolist() == [0.1] * 6


def test_a_frame_of_no_run_takes_what_one_of_runs_takes(store: Store) -> None:
    some, none = hyperopt.load(), hyperopt.load(seed=99)
    assert not len(none)
    of_levels = {name for name in some if str(name)[0].isdigit()}
    assert {*some} - of_levels <= {*none}
    for name in ("id", "stack", "alpha", "seed", "diverged", "test_error", "seconds", "steps", "tag", "note"):
        assert none[name].dtype == some[name].dtype, name
    assert none.groupby(["stack", "alpha"]).test_error.mean().empty
    assert none.groupby(["label", "clip"]).test_error.agg(["mean", "std", "count"]).empty
    long = hyperopt.load(seed=99, long=True)
    assert long[(long.name == "alpha") & (long.level == 0)].merge(none[["id", "seed"]], on="id").empty


@pytest.mark.parametrize("word", [5, None, ["stack=adam"]])
def test_load_refuses_what_is_no_word(word: object) -> None:
    with pytest.raises(ConfigError, match=r"load\(.*\): words such as"):
        hyperopt.load(word)  # type: ignore[arg-type]


def test_load_by_step_has_a_row_a_recorded_number(store: Store) -> None:
    assert hyperopt.load(long="step").empty
    steps = {"step": [2.0, 4.0], "train_loss": [0.5, 0.25], "1.alpha": [0.1, 0.2]}
    recorded = replace(record(stack="adam", alpha=0.1, seed=7, error=1.0), by_step=steps)
    store.write([recorded], "recorded")
    found = hyperopt.load(long="step")
    assert {*found.id} == {recorded.id}
    told = found[["step", "level", "name", "value"]].astype(object).where(found.notna(), None)
    assert [tuple(row) for row in told.to_numpy()] == [
        (2, None, "train_loss", 0.5),
        (4, None, "train_loss", 0.25),
        (2, 1, "alpha", 0.1),
        (4, 1, "alpha", 0.2),
    ]
    with pytest.raises(ConfigError, match="False, True or 'step' is expected"):
        hyperopt.load(long="steps")


def test_summaries_follow_files_that_come_change_and_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hyperopt.records.summaries.NEW_ROWS_WORTH_KEEPING", 1)

    def seen() -> dict[str, float]:
        table = Store(tmp_path / "records", tmp_path).summaries()
        errors = [dict(pairs)["test_error"] for pairs in table["metrics"].to_pylist()]
        return dict(zip(table["id"].to_pylist(), errors, strict=True))

    store = Store(tmp_path / "records", tmp_path)
    nothing = a_record(
        id="b", metrics={"none": [], "test_error": [7.0]}, hyperparameters={}, final={"f": math.inf}
    )
    one = store.write([a_record(id="a"), nothing], "aa")
    assert seen() == {"a": 90.2, "b": 7.0}
    store.write([a_record(id="a", metrics={"test_error": [1.0]})], "0a")
    assert seen() == {"a": 1.0, "b": 7.0}
    one.unlink()
    assert seen() == {"a": 1.0}
    (tmp_path / "summaries.parquet").write_bytes(b"damaged")
    assert seen() == {"a": 1.0}
