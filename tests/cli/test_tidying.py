"""Tags, notes, rm and gc: nothing goes that was not named, and all that was not meant stays."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from made_records import a_record
from refusals import assert_refused

from hyperopt.cli import main
from hyperopt.config import Run, resolve
from hyperopt.records import Store, working
from hyperopt.records.remarks import remarks
from hyperopt.selection import select

RUNS = [resolve({"stack": stack, "seed": seed}) for stack in ("adam", "adam/sgd") for seed in range(3)]


def record_of(run: Run, **changes: object):
    return a_record(id=run.id, config=run.canonical(), made={"device": "cpu"}, **changes)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Three seeds of each of two stacks, in two files that share a run."""
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path))
    store = working()
    store.write([record_of(run) for run in RUNS[:4]], "one")
    store.write([record_of(run) for run in RUNS[3:]], "two")
    return store


def test_tags_and_notes_come_and_go(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tag", "base,v2", "stack=adam"]) == 0
    assert capsys.readouterr().out == "3 runs: base, v2\n"
    assert main(["note", "odd one", "stack=adam", "seed=1"]) == 0
    assert main(["tag", "v2", "seed=0", "--remove"]) == 0
    assert {*select(["tag=v2"]).column("seed")} == {1, 2}
    assert select(["note=odd*"]).ids == [RUNS[1].id]
    capsys.readouterr()
    assert main(["runs", "tag=base", "show=id,tag,note", "format=csv"]) == 0
    assert f'{RUNS[1].id},"[base,v2]",odd one' in capsys.readouterr().out
    assert main(["note", "", "seed=1"]) == 0
    assert select(["note=*?*"]).ids == []


def test_a_note_names_those_in_whose_place_it_stands(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["note", "first", "seed=0"])
    main(["note", "other", "seed=1"])
    capsys.readouterr()
    assert main(["note", "last", "id=*"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("6 runs: last, in place of ")
    assert {*re.findall('"(.*?)"', said)} == {"first", "other"}
    assert main(["note", "last", "id=*"]) == 0
    assert capsys.readouterr().out == "6 runs: last\n"
    assert main(["note", "", "seed=0"]) == 0
    assert capsys.readouterr().out == '2 runs: no note, in place of "last"\n'
    main(["run", "stack=adam", "seed=1", "note=cached"])
    assert 'cached, in place of "last"\n' in capsys.readouterr().err


def test_only_a_tag_that_was_there_is_taken_away(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    main(["tag", "base", "seed=0"])
    capsys.readouterr()
    assert main(["tag", "--remove", "base,nothere", "id=*"]) == 0
    assert capsys.readouterr().out == "2 runs: not base\nno run of 6 has the tag nothere\n"


def test_rm_names_what_it_would_remove_and_removes_it_from_every_file_when_told(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tag", "base", "id=*"]) == 0
    before = {path: path.read_bytes() for path in store.root.rglob("*.parquet")}
    assert main(["rm", "stack=adam/sgd"]) == 1
    said = capsys.readouterr().out
    assert all(run.id[:7] in said for run in RUNS[3:])
    assert "Nothing is removed without --yes." in said
    assert {path: path.read_bytes() for path in store.root.rglob("*.parquet")} == before
    assert main(["rm", "stack=adam/sgd", "--yes"]) == 0
    assert working().ids() == {run.id for run in RUNS[:3]}
    assert [path.name for path in store.root.rglob("*.parquet")] == ["one.parquet"]
    assert remarks(tmp_path).keys() == {run.id for run in RUNS[:3]}


def test_an_answer_at_a_terminal_counts(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    for answer, left in (("n", 6), ("", 6), ("yes", 5)):
        monkeypatch.setattr("builtins.input", lambda _, answer=answer: answer)
        main(["rm", f"id={RUNS[5].id}"])
        assert len(working().ids()) == left


def test_gc_takes_what_nothing_refers_to_and_nothing_else(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gc"]) == 0
    assert "nothing to remove" in capsys.readouterr().out
    old = {**RUNS[0].canonical(), "versions": {"rule.adam": 7}, "seed": 9}
    store.write([a_record(id="00aa00aa00aa", config=old)], "old")
    for name in ("failures/x.txt", "damaged/y.parquet.ab12", "checkpoints/z.safetensors.damaged"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("gone")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/kept").write_text("kept")
    (tmp_path / "damaged/link").symlink_to(tmp_path / "elsewhere")
    assert main(["gc"]) == 1
    said = capsys.readouterr().out
    for name in ("x.txt", "y.parquet.ab12", "z.safetensors.damaged", "00aa00aa00aa"):
        assert name in said
    assert (tmp_path / "failures/x.txt").exists()
    assert main(["gc", "--yes"]) == 0
    named = re.findall(r"^damaged files that were set aside: (.*)$", said, re.MULTILINE)
    assert f"removed: damaged files that were set aside, {named[0]}\n" in capsys.readouterr().out
    assert (tmp_path / "elsewhere/kept").read_text() == "kept"
    assert not (tmp_path / "damaged/link").is_symlink()
    assert not any((tmp_path / name).exists() for name in ("failures/x.txt", "damaged/y.parquet.ab12"))
    assert working().ids() == {run.id for run in RUNS}


def test_gc_keeps_damaged_tags_and_notes_and_says_what_to_do_with_them(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tag", "base", "id=*"]) == 0
    whole = (tmp_path / "remarks.json").read_text()
    (tmp_path / "remarks.json").write_text(whole[1:])
    assert main(["runs"]) == 0
    capsys.readouterr()
    assert main(["gc", "--yes"]) == 0
    said = capsys.readouterr().out
    [apart] = (tmp_path / "damaged").iterdir()
    assert f"{apart} stays" in said
    assert f"Mend it and move it to {tmp_path / 'remarks.json'}" in said
    apart.write_text(whole)
    apart.rename(tmp_path / "remarks.json")
    assert len(select(["tag=base"])) == 6


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("rm", "which runs?"),
        ("rm stack=sgd", "stack=sgd: none of the 6 stored runs has it"),
        ("rm from=published id=*", "stored here"),
        ("tag 'a b' id=*", "words of letters"),
        ("tag base", "which runs?"),
        (f"note {'x' * 501} id=*", "at most 500 letters"),
        ("note bad\udcff id=*", "text in UTF-8"),
        ("tag bad\udcff id=*", "words of letters"),
        ("run note=bad\udcff", "text in UTF-8"),
    ],
)
def test_bad_input_is_refused(line: str, says: str, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert_refused(line, says, capsys)
    assert len(working().ids()) == 6
