"""`hyperopt runs` prints what a selection holds, in every format."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import torch
from fake_records import MADE
from made_records import a_record
from refusals import assert_refused

from hyperopt.cli import main
from hyperopt.config import resolve
from hyperopt.engine.pack_files import PackFiles
from hyperopt.records import working


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of adam/sgd at two alphas and three seeds."""
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path))
    runs = [
        resolve({"stack": "adam/sgd", "alpha": a, "seed": seed}) for a in (1e-4, 1e-3) for seed in range(3)
    ]
    working().write(
        [
            a_record(
                id=run.id,
                config=run.canonical(),
                metrics={"test_error": [run.seed + 100 * run.alpha[-1]]},
                diverged=False,
                made=MADE,
            )
            for run in runs
        ],
        "pack",
    )
    return tmp_path


def printed(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(line.split()) == 0
    return capsys.readouterr().out


def test_text_has_a_line_a_run_and_how_many(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed("runs alpha=<1e-3 sort=-test_error", capsys).splitlines()
    assert lines[0].split() == ["id", "stack", "alpha", "seed", "test_error"]
    assert [line.split()[1:] for line in lines[2:5]] == [
        ["adam/sgd", "0.001/0.0001", str(seed), f"{seed}.01"] for seed in (2, 1, 0)
    ]
    assert lines[-1] == "3 runs"


def test_unfinished_runs_with_a_checkpoint_are_counted(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not one that has a record as well, as where a command was killed before it removed the checkpoint."""
    finished = min(working().ids())
    PackFiles(home, "a pack").save(["one", "two", finished], 3, {"weights": torch.zeros(3)}, {})
    for words, said in [
        ("runs", "2 unfinished runs have a checkpoint; unless a command trains them now, repeating theirs"),
        ("runs from=published format=json", ""),
        ("runs seed=0", ""),
    ]:
        assert main(words.split()) == 0
        err = capsys.readouterr().err
        assert err.startswith(said) if said else not err


@pytest.mark.parametrize("word", ["by=nosuch", "show=nosuch", "sort=nosuch"])
def test_a_wrong_word_is_all_that_is_said_where_no_run_is_found(
    word: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", "diverged=true", word]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_runs_are_sorted_by_what_is_not_shown(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed("runs alpha=1e-3 show=seed sort=-test_error", capsys).splitlines()
    assert [line.split() for line in lines[2:5]] == [["2"], ["1"], ["0"]]


def test_groups_can_be_shown_by_their_number_alone(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed("runs by=alpha show=n sort=-n", capsys).splitlines()
    assert lines[0].split() == ["alpha", "n", "diverged"]
    assert [line.split()[1:] for line in lines[2:4]] == [["3", "0"], ["3", "0"]]


def test_groups_over_seeds(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed("runs by=stack", capsys).splitlines()
    assert lines[0].split() == ["stack", "n", "test_error", "sd", "diverged"]
    assert lines[2].split() == ["adam/sgd", "6", "1.055", "0.8958", "0"]
    assert lines[-1] == "6 runs in 1 group; runs of one group also differ in alpha"


def test_json_csv_and_markdown_say_the_same(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = "runs seed=1 show=id,alpha,test_error sort=test_error format="
    as_json = json.loads(printed(asked + "json", capsys))["runs"]
    as_csv = list(csv.DictReader(io.StringIO(printed(asked + "csv", capsys))))
    markdown = printed(asked + "markdown", capsys).splitlines()
    assert [row["alpha"] for row in as_json] == [[0.001, 0.0001], [0.001, 0.001]]
    assert [row["alpha"] for row in as_csv] == ["0.001/0.0001", "0.001/0.001"]
    assert [float(row["test_error"]) for row in as_csv] == [row["test_error"] for row in as_json]
    assert [row["id"] for row in as_csv] == [row["id"] for row in as_json]
    assert [line.split("|")[2].strip() for line in markdown[2:]] == ["0.001/0.0001", "0.001/0.001"]


def test_nothing_found_is_said_and_is_no_error(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "diverged=true"]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "diverged=true: none of the 6 stored runs has it; their values are false.\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("sort=nosuch", "there is no key 'nosuch'"),
        ("by=stack sort=nosuch", "there is no key 'nosuch'"),
        ("by=stack sort=seed", "show=seed adds it"),
        ("show=n", "only groups have a count"),
        ("sort=-n", "only groups have a count"),
        ("by=nosuch", "there is no key 'nosuch'"),
        ("show=nosuch", "there is no key 'nosuch'"),
        ("by=stack show=dataset", "a metric such as test_error"),
        ("format=yaml", "one of text, json, csv, markdown is expected"),
        ("from=there", "one of here, published, all is expected"),
        ("by=stack by=alpha", "given twice"),
        ("by=", "a value is expected"),
        ("shwo=seed", "did you mean show?"),
    ],
)
def test_bad_options_are_refused(
    words: str, says: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_refused(f"runs {words}", says, capsys)
