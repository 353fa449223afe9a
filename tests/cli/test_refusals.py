"""Bad input is refused in a sentence, with exit code 2, and touches nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from refusals import assert_refused

from hyperopt.cli import main


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


BAD = [
    "run stack=adm/sgd",
    "run stack=adam//sgd",
    "run alpha=1/2/3",
    "run alpha=-1",
    "run alpha=nan",
    "run epochs=0",
    "run seed=-1",
    "run sede=1",
    "run clip=maybe",
    "run model=nosuch",
    "run stack=adam clip=true",
    "run seed=0,1",
    "run seed",
    "run -m seed=0,0",
    "run --quick",
    "rum",
    "show",
    "show 0123",
    "data mnits",
    "data --refetch",
    "publish",
    "publish epochs=1",
    "render seeds=1",
    "tables clipping/nosuch",
    "tables seeds=0",
    "tables clipping/table2 seeds=1000000000",
    "tables seeds=1,1",
    "tables seed=1",
    "tables budget=3",
    "tables needs=all",
    "tables from=here",
    "tables epochs=0",
    "tables alpha=3",
    "tables epochs=1,2",
    "bench alpha=1",
    "bench callbacks=nosuch",
    "bench engine=dask",
    "bench format=json",
    "run callbacks=nosuch",
    "run callbacks=nosuch --plan",
    "run callbacks=json:Nosuch --plan",
    "tables clipping/table1 callbacks=nosuch --plan",
]


@pytest.mark.parametrize("line", BAD)
def test_bad_input_is_a_sentence_and_exit_code_2_and_touches_nothing(
    line: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line.split()) == 2
    said = capsys.readouterr()
    assert said.err.startswith("hyperopt: ")
    assert len(said.err.splitlines()) == 1
    assert said.out == ""
    assert list(home.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("list rules", "rules: unknown; hyperopt list takes no arguments."),
        ("new table x stack=adam", "stack=adam: unknown; hyperopt new takes table|figure NAME; see"),
        ("publish clipping/table2 --yes", "--yes: unknown; hyperopt publish takes ID ...; see"),
        ("rm --force", "--force: unknown; hyperopt rm takes [--yes] [KEY=VALUE ...]; see hyperopt rm --help"),
        ("view --wide", "hyperopt view takes [--no-open] [--port N] [KEY=VALUE ...]; see"),
        ("--nosuch", "--nosuch: unknown; a command is expected; see hyperopt --help"),
        ("run alpha=1e400", "alpha=1e400: numbers of at most 1.7e308 are expected"),
        ("run -m alpha=0.1,-1e400", "alpha=0.1,-1e400: numbers of at most"),
    ],
)
@pytest.mark.usefixtures("home")
def test_a_refusal_repeats_the_word_and_says_what_is_allowed(
    line: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_refused(line, says, capsys)
