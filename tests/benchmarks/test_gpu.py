"""`make gpu` with a CPU in the GPU's place: its pieces, rows and page, and that a piece ends in time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.gpu import pieces
from benchmarks.gpu.optimizer import LAUNCHES
from benchmarks.gpu.page import TITLES, page
from benchmarks.gpu.parity import compared
from benchmarks.gpu.pieces import PIECES, Asked, end, measure_here
from benchmarks.gpu.rows import BEGUN, SECONDS, WHOLE, Row, append, finished, read
from benchmarks.gpu.site import Found, Site
from benchmarks.rounds import Rounds, in_turn
from benchmarks.workers import Train
from hyperopt.config import resolve
from hyperopt.records import Record

QUICK = ("steps", "optimizer", "launches", "parity")
COMMANDS = ("tests", "table", "nets")


def rehearsed(out: Path, *names: str) -> int:
    return main(["gpu", *names, "--rehearse", "--out", str(out)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a rehearsal of the pieces left that start no command."""
    folder = tmp_path_factory.mktemp("gpu")
    assert rehearsed(folder, *QUICK) == 0
    return folder


@pytest.mark.slow
def test_the_pieces_that_are_commands(tmp_path: Path) -> None:
    assert rehearsed(tmp_path, *COMMANDS) == 0
    found = {(row.piece, row.quantity): row.value for row in read(tmp_path / "gpu.csv")}
    assert found["tests", "failed"] == "0"
    assert found["table", "exit code"] == found["nets", "exit code"] == "0"
    assert found["table", "runs finished"] == found["nets", "runs finished"] == "2"


def test_every_piece_leaves_its_rows_and_a_section(folder: Path) -> None:
    rows, text = read(folder / "gpu.csv"), (folder / "gpu.md").read_text()
    assert {*QUICK, *COMMANDS} == PIECES.keys() == TITLES.keys()
    assert "Not measured here: tests, table, nets." in text
    assert finished(rows, "cpu") == {*QUICK}
    assert text.count("### ") == len(QUICK)
    assert "A rehearsal on a CPU in place of a GPU: its numbers are meaningless." in text
    found = {(row.subject, row.quantity) for row in rows}
    assert ("hyperopt, pack of 2", "run-steps a second") in found
    assert ("gdtuo, in memory, no create_graph", "run-steps a second") in found
    assert ("MNIST MLP 784-128-10: HyperOptimizer adam/sgd", LAUNCHES) in found


def test_a_run_is_its_published_record(folder: Path) -> None:
    """Trained here, on a CPU, in place of a GPU: no difference but of another processor's rounding."""
    differences = [
        float(row.value)
        for row in read(folder / "gpu.csv")
        if row.piece == "parity" and "median difference" in row.quantity
    ]
    assert len(differences) == 6
    assert max(differences) < 1e-4


def test_pieces_that_are_done_are_not_done_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    monkeypatch.setattr(pieces, "measure_here", lambda name, asked, say: begun.append(name))
    assert rehearsed(folder) == 0
    assert begun == [name for name in PIECES if name not in QUICK]
    begun.clear()
    assert rehearsed(folder, "steps") == 0
    assert begun == ["steps"]


def test_rows_are_there_before_a_piece_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a piece begun again take the place of the ones before; a line cut by a kill is passed over."""

    def fails(_site: Site) -> Iterator[Found]:
        yield "one", "ms", "1.5"
        raise KeyboardInterrupt

    monkeypatch.setitem(PIECES, "steps", pieces.Piece(fails, 10))
    asked, path = Asked((), True, None, tmp_path), tmp_path / "gpu.csv"
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            measure_here("steps", asked, lambda _: None)
        with path.open("a") as file:
            file.write("cpu,steps,two")
        rows = [row for row in read(path) if row.piece == "steps"]
        assert [(row.subject, row.quantity) for row in rows] == [(WHOLE, BEGUN), ("one", "ms")]
        assert not finished(rows, "cpu")
        assert "cut short" in page(rows)
        with path.open("a") as file:
            file.write("\n")


def test_rows_of_another_device_stay(tmp_path: Path) -> None:
    path = tmp_path / "gpu.csv"
    for device in ("A", "B", "A"):
        append(path, [Row(device, "table", WHOLE, BEGUN, "now"), Row(device, "table", WHOLE, SECONDS, "3")])
    assert len(read(path)) == 4
    assert finished(read(path), "A") == finished(read(path), "B") == {"table"}
    assert page(read(path)).count("\n## ") == 2


def test_a_process_is_ended_with_all_that_it_started() -> None:
    script = "import subprocess, time; subprocess.Popen(['sleep', '60']); print(flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", script], start_new_session=True, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    end(process)
    process.communicate(timeout=10)  # which waits for all that could write there


@pytest.mark.parametrize("spare", [False, True])
def test_a_subject_that_fails_is_spared_where_asked(spare: bool) -> None:
    class Subject:
        def __init__(self, fails_from: int) -> None:
            self.fails_from, self.calls = fails_from, 0

        def prepare(self) -> Train:
            return self.train

        def train(self, steps: int) -> None:
            self.calls += 1
            if self.calls > self.fails_from:
                raise RuntimeError("ended")

    subjects, said = [Subject(2), Subject(9)], list[str]()
    how = Rounds(3, 0.0, inline=True)
    if not spare:
        with pytest.raises(RuntimeError, match="ended"):
            in_turn("two", subjects, how, said.append)
        return
    found = in_turn("two", subjects, how, said.append, spare=True)
    assert [len(timed.samples) for timed in found] == [1, 3]
    assert "two: ended" in said


NOT_HERE = [
    ([], "torch finds no GPU here; make gpu REHEARSE=1"),
    (["stepz", "--rehearse"], "stepz: the pieces are tests, steps"),
]


@pytest.mark.parametrize(("words", "said"), NOT_HERE)
def test_what_cannot_be_is_refused(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert main(["gpu", *words, "--out", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


def test_differences_are_relative_for_losses_and_in_spreads_of_seeds() -> None:
    runs = [resolve({"stack": "sgd", "seed": seed}) for seed in range(3)]

    def records(*losses: float) -> dict[str, Record]:
        return {
            run.id: Record(run.id, {}, {"test_loss": [1.0, loss]}, {}, {}, False, 0.0, 0, {})
            for run, loss in zip(runs, losses, strict=True)
        }

    found = compared(runs, records(1.1, 2.0, 3.3), records(1.0, 2.0, 3.0))
    assert found["test_loss, first epoch: largest difference"] == 0
    assert found["test_loss, last epoch: largest difference"] == pytest.approx(0.1)
    assert found["test_loss, last epoch: median difference"] == pytest.approx(0.1)
    assert found["test_loss, last epoch: median share of the spread of seeds"] == pytest.approx(0.1)
