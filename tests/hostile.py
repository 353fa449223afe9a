"""Command lines that nobody should type; run as a script, it tries a thousand and says what went wrong.

python tests/hostile.py [COUNT [SEED]]
"""

from __future__ import annotations

import contextlib
import io
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

from hostile_words import (
    BOUNDS,
    FIRST,
    FLAGS,
    KEYS,
    OF_ENGINES,
    OF_RUNS,
    OWN_KEYS,
    PATTERNS,
    SCALARS,
    SHOWN,
    SWEEPS,
    VERBS,
)
from made_records import a_record

from hyperopt import load
from hyperopt.cli import main
from hyperopt.config import resolve
from hyperopt.config.process_options import PROCESS_KEYS
from hyperopt.config.sweep import shipped_keys
from hyperopt.errors import ConfigError
from hyperopt.records import Store
from hyperopt.records.remarks import remark

STOPPED = (
    "hyperopt.cli.train.train",
    "hyperopt.cli.pages.train",
    "hyperopt.cli.pages._show",
    "hyperopt.cli.data.prepare",
    "hyperopt.cli.bench.milliseconds",
    "hyperopt.publish.publish",
    "hyperopt.publish.render",
    "hyperopt.publish.published_views",
    "hyperopt.findings.study.experiments_of_study",
    "hyperopt.cli.browse.browse",
    "hyperopt.cli.new.write",
    "hyperopt.cli.plot.write",
    "hyperopt.cli.view_server.serve",
    "hyperopt.cli.view.write_files",
    "hyperopt.records.removal.remove",
    "hyperopt.engine.workers_for.for_plan",
    "hyperopt.engine.garbage.sweep",
    "hyperopt.export.csv_files.write",
    "hyperopt.export.tensorboard.write",
    "hyperopt.export.trackio._storage",
)
"""What would train, measure, connect, fetch, draw or write."""


def command_lines(count: int, seed: int) -> Iterator[list[str]]:
    """So many command lines, each a mixture of keys, values, flags and names; the seed fixes them."""
    draw = random.Random(seed)
    known = [*shipped_keys(), *PROCESS_KEYS]

    def override() -> str:
        key = draw.choice(known) if draw.random() < 0.8 else draw.choice(KEYS)
        value = draw.choice(SCALARS) if draw.random() < 0.75 else draw.choice(SWEEPS)
        return f"{key}={value}" if draw.random() < 0.95 else draw.choice([key, value])

    def of_process() -> list[str]:
        keys = draw.sample(PROCESS_KEYS, draw.choice((1, 2, 3)))
        return [f"{key}={draw.choice(OF_ENGINES)}" for key in keys]

    def criterion(verb: str) -> str:
        if draw.random() < 0.3:
            return override()
        own = OWN_KEYS.get(verb, SHOWN)
        key = draw.choice(own if draw.random() < 0.3 else SHOWN if draw.random() < 0.5 else known)
        return f"{key}={draw.choice(BOUNDS if draw.random() < 0.6 else SCALARS)}"

    def some(word: Callable[[], str]) -> list[str]:
        return [word() for _ in range(draw.choice((1, 1, 1, 2, 3)))]

    for _ in range(count):
        verb = draw.choice(VERBS)
        words = [verb, *(draw.choice(choices) for choices in FIRST.get(verb, ()) if draw.random() < 0.95)]
        if verb in ("run", "bench", "tables", "figures"):
            words += some(override) if draw.random() < 0.8 else of_process()
        elif verb == "compare":
            words += [" ".join(some(partial(criterion, verb))) for _ in range(draw.choice((1, 2, 2, 2, 3)))]
        if verb in OF_RUNS or draw.random() < (0.5 if verb in OWN_KEYS else 0.1):
            words += some(partial(criterion, verb)) if draw.random() < 0.9 else []
        if verb not in ("run", *OF_RUNS, *FIRST) and draw.random() < 0.7:
            words.append(draw.choice(PATTERNS))
        if draw.random() < 0.3:
            words.insert(draw.randrange(len(words) + 1), draw.choice(FLAGS))
        yield words


def a_store(home: Path) -> Store:
    """A working store of a few runs, one of which diverged, with a tag and a note."""
    runs = [
        resolve({"stack": stack, "seed": seed}) for stack in ("adam", "adam/sgd", "sgd") for seed in (0, 1)
    ]
    store = Store(home / "records", home)
    store.write([a_record(id=run.id, config=run.canonical(), diverged=not run.seed) for run in runs], "pack")
    remark(home, [runs[0].id], add=["good"], note="an odd one")
    return store


def kept(home: Path) -> dict[str, bytes]:
    """The files of a store that hold what was trained and said."""
    files = (*home.glob("records/**/*.parquet"), home / "remarks.json")
    return {str(path): path.read_bytes() for path in files}


def answered(words: list[str]) -> int:
    """The exit code of a command line; one of `load` calls the package's function of that name."""
    if words[:1] != ["load"]:
        return main(words)
    try:
        load(*words[1:])
    except ConfigError as error:
        print(f"hyperopt: {error}", file=sys.stderr)
        return 2
    return 0


def outcome(words: list[str], folder: Path, home: Path) -> tuple[str | None, float]:
    """What is wrong with the answer to a command line, None for nothing, and its processor seconds.

    Nothing is trained, measured, fetched or drawn, and nothing but tags and notes is written: a line that
    gets so far is a good one.

    Args:
        words: the line.
        folder: the current one, in which nothing may be left.
        home: of the working store, which stays as it is where a line is refused.
    """
    reached = SystemExit(0)
    said, began, before = io.StringIO(), time.process_time(), kept(home)
    wrong = None
    for name in STOPPED:  # a module that is imported while others are patched would keep what they have then
        import_module(name.rpartition(".")[0])
    stops: list[contextlib.AbstractContextManager[object]] = [
        patch(name, side_effect=reached) for name in STOPPED
    ]
    stops += [
        patch("hyperopt.figures.draw.draw_panels", return_value=b""),
        patch("hyperopt.export.tensorboard.encoded", return_value=b""),
        patch("builtins.input", return_value="n"),
        patch.dict("os.environ", {"XDG_CACHE_HOME": str(home / "cache")}),
    ]
    with contextlib.ExitStack() as stack:
        for stop in stops:
            stack.enter_context(stop)
        stack.enter_context(contextlib.redirect_stderr(said))
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        try:
            code = answered(words)
        except BaseException:
            wrong = traceback.format_exc()
        else:
            refusal = said.getvalue()
            if code == 2 and "usage:" not in refusal and refusal.count("\n") > 1:
                wrong = f"a refusal of several lines: {refusal!r}"
            elif code == 2 and kept(home) != before:
                wrong = "a refusal that changed the store"
            elif len(refusal) > 1500:
                wrong = f"a refusal of {len(refusal)} letters"
            elif code and "\x1b" in refusal:
                wrong = f"a refusal that a terminal obeys: {refusal!r}"
            elif code not in (0, 1, 2):
                wrong = f"exit code {code}"
    if left := sorted(folder.rglob("*")):
        wrong = f"left {left}"
    return wrong, time.process_time() - began


def _try_all(count: int, seed: int) -> int:
    faults, slow = 0, []
    with (
        tempfile.TemporaryDirectory() as name,
        tempfile.TemporaryDirectory() as home,
        contextlib.chdir(name),
        patch.dict("os.environ", {"HYPEROPT_HOME": home}),
    ):
        a_store(Path(home))
        for words in command_lines(count, seed):
            wrong, seconds = outcome(words, Path(name), Path(home))
            slow.append((seconds, [word[:60] for word in words]))
            if wrong:
                faults += 1
                print([word[:80] for word in words], wrong, sep="\n")
    print(f"{count} command lines, seed {seed}: {faults} faults; the slowest:")
    for seconds, words in sorted(slow, reverse=True)[:5]:
        print(f"{seconds:6.2f} s  {words}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(_try_all(*(int(word) for word in (*sys.argv[1:], *("1000", "0")[len(sys.argv) - 1 :]))))
