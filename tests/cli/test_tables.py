"""Tables that commands print: they fit a terminal as far as whole words do, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_runs import fake_record, small_run

from hyperopt.cli import main, runs
from hyperopt.cli.tables import table
from hyperopt.records import working

HEADS = ["experiment", "title", "runs", "95 % interval"]
ROWS = [
    ["clipping/table2", "Adam under SGD on MNIST, without and with clipping", 63, "0.3654 to 0.4366"],
    ["steroids/towers", "Towers", 84, "11.63 to 19.49"],
]
WORDS = {word for row in (HEADS, *ROWS) for cell in row for word in str(cell).split()}


@pytest.mark.parametrize("width", [100, 80, 60, 40, 35])
def test_a_table_fits_and_keeps_every_word(width: int) -> None:
    lines = table(ROWS, HEADS, width).splitlines()
    assert max(map(len, lines)) <= width
    assert {word for line in lines for word in line.split()} >= WORDS


def test_a_table_of_words_longer_than_the_terminal_keeps_them() -> None:
    text = table(ROWS, HEADS, 10)
    assert set(text.split()) >= WORDS
    assert text.count("clipping/table2") == 3, "each part names its rows"


def test_a_table_that_fits_or_is_written_to_a_file_is_as_it_was() -> None:
    whole = table(ROWS, HEADS, None)
    assert table(ROWS, HEADS, max(map(len, whole.splitlines()))) == whole
    assert len(whole.splitlines()) == 2 + len(ROWS)
    assert table([], HEADS, 10) == table([], HEADS, None)


def test_runs_fit_a_narrow_terminal_and_are_whole_in_a_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path))
    working().write([fake_record(small_run(stack="adam/sgd", seed=seed)) for seed in range(3)], "pack")
    words = ["runs", "show=stack,alpha,epochs,seed,train_loss"]
    assert main(words) == 0
    piped = capsys.readouterr().out
    monkeypatch.setattr(runs, "terminal_width", lambda: 40)
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert max(map(len, piped.splitlines())) > 40 >= max(map(len, shown.splitlines()))
    assert {word for word in piped.split() if set(word) != {"-"}} <= {*shown.split()}
