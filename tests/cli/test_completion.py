"""Words are completed in the shells themselves, and at once."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hyperopt.cli import completion, main
from hyperopt.cli.verbs import usage
from hyperopt.data import DATASETS
from hyperopt.experiments import ids
from hyperopt.optim.rules import RULES

PATIENCE = 30.0


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with two runs' ids."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path))
    (tmp_path / "ids.txt").write_text("0aaa0000bbbb\n3fff0000cccc", encoding="utf-8")
    return tmp_path


def answers(line: str) -> list[str]:
    return completion.answers(line, json.loads(json.dumps(completion.words(usage()))))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("hyperopt pub", ["publish"]),
        ("hyperopt run stack=adam", ["stack=adam", "stack=adam_hd", "stack=adamw"]),
        ("hyperopt run stack=adam/sgd_s", ["stack=adam/sgd_steroids"]),
        ("hyperopt run dataset=ir", ["dataset=iris"]),
        ("hyperopt runs dataset=mnist,ir", ["dataset=mnist,iris"]),
        ("hyperopt run model.hid", ["model.hidden="]),
        ("hyperopt tables clipping/table2", ["clipping/table2"]),
        ("hyperopt show 3f", ["3fff0000cccc"]),
        ("hyperopt runs id=0", ["id=0aaa0000bbbb"]),
        ("hyperopt run --p", ["--plan"]),
        ("hyperopt run -m form=t", ["form=textbook"]),
        ("hyperopt run nosuch", []),
        ("hyperopt tag --r", ["--remove"]),
        ("hyperopt data ir", ["iris"]),
        ("hyperopt data iris mn", ["mnist"]),
        ("hyperopt publish clipping/table2", ["clipping/table2"]),
    ],
)
def test_a_word_is_completed(line: str, expected: list[str], home: Path) -> None:
    assert [each for each in answers(line) if each in expected] == expected
    if len(expected) == 1:
        assert answers(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("hyperopt export ", {"tensorboard", "trackio", "csv"}),
        ("hyperopt new ", {"table", "figure"}),
        ("hyperopt completion ", {"bash", "zsh", "fish"}),
        ("hyperopt data ", {*DATASETS}),
        ("hyperopt run stack=adam/", {f"stack=adam/{rule}" for rule in RULES}),
        ("hyperopt export csv ", set()),  # a folder, which the shell itself completes
        ("hyperopt tag ", set()),
        ("hyperopt gc ", set()),
        ("hyperopt completion bash ", set()),
    ],
)
def test_these_words_and_no_others_may_follow(line: str, expected: set[str], home: Path) -> None:
    assert {*answers(line)} == expected


def test_what_selects_runs_comes_after_the_words_that_a_verb_needs(home: Path) -> None:
    for line in ("export csv out", "tag base", "tag --remove base", "note 'odd one'", "rm", "runs"):
        assert {"stack=", "seed="} <= {*answers(f"hyperopt {line} ")}


def test_every_experiment_and_verb_is_known(home: Path) -> None:
    assert set(ids()) <= set(answers("hyperopt tables "))
    assert {"run", "runs", "compare", "completion"} <= set(answers("hyperopt "))


def test_an_answer_imports_nothing_of_the_package(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bash"]) == 0
    script = f"import runpy, sys; sys.argv[1:] = [{str(completion.words_path())!r}, 'hyperopt pub']; "
    script += f"runpy.run_path({completion.__file__!r}, run_name='__main__'); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-S", "-E", "-c", script], capture_output=True, text=True, check=True
    )
    said, modules = done.stdout.splitlines()
    assert said == "publish"
    assert not {"hyperopt", "numpy", "pyarrow", "hydra"} & {
        name.partition(".")[0] for name in modules.split()
    }


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_in_the_shell_itself(shell: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    assert main(["completion", shell]) == 0
    script = home / "script"
    script.write_text(capsys.readouterr().out, encoding="utf-8")
    with Terminal(shell) as terminal:
        begin = "autoload -Uz compinit && compinit -u -D; " if shell == "zsh" else ""
        terminal.send(f"{begin}source {script}; PS1='> '; PROMPT='> '; echo rea''dy\n")
        terminal.expect("ready")
        for typed, becomes in {
            "hyperopt pub": "hyperopt publish ",
            "hyperopt run dataset=ir": "hyperopt run dataset=iris ",
            "hyperopt run stack=adam/sgd_s": "hyperopt run stack=adam/sgd_steroids ",
            "hyperopt run model.hid": "hyperopt run model.hidden=",
            "hyperopt show 3f": "hyperopt show 3fff0000cccc ",
            "hyperopt tables clipping/table5": "hyperopt tables clipping/table5 ",
            "hyperopt export tens": "hyperopt export tensorboard ",
        }.items():
            terminal.send(f"{typed}\t")
            terminal.expect(becomes.rstrip())
            terminal.send("END")
            terminal.expect(f"{becomes}END")
            terminal.send("\x15")  # Ctrl-U takes the line away


class Terminal:
    """A shell that thinks it is at a terminal."""

    def __init__(self, shell: str) -> None:
        quiet = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"]}[shell]
        self.process, self.descriptor = pty.fork()
        if not self.process:
            os.execvpe(shell, [shell, *quiet], {**os.environ, "TERM": "dumb", "COLUMNS": "200"})
        self.seen = ""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)
        os.waitpid(self.process, 0)

    def send(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def expect(self, text: str) -> None:
        end = time.monotonic() + PATIENCE
        while text not in self.plain() and time.monotonic() < end:
            if select.select([self.descriptor], [], [], 0.1)[0]:
                self.seen += os.read(self.descriptor, 4096).decode(errors="replace")
        assert text in self.plain()

    def plain(self) -> str:
        """What was printed, without what moves the cursor, and blanks that only redraw."""
        text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|[\r\x07\x08]", "", self.seen)
        return re.sub(" +", " ", text)
