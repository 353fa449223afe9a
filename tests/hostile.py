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
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from hyperopt.cli import main
from hyperopt.config.process_options import PROCESS_KEYS
from hyperopt.config.sweep import shipped_keys

DIGITS = "9" * 5000
SCALARS = (
    *("", "null", "true", "nan", "inf", "-inf", "-1", "0", "-0.0", "1e308", "1e309", "1e39", "1e-400", "0.5"),
    *("9223372036854775808", DIGITS, f"1e{DIGITS}", f"0.{DIGITS}", "0x10", "1_000", "1e−5", "−1", "1/0"),
    *("???", "${seed}", "${oc.env:HOME}", "${oc.decode:x}", "${", "\\${seed}", "$HOME", "$(touch hostile)"),
    *("`touch hostile`", "; touch hostile", "__import__('os').system('touch hostile')", "os:system", "a:b"),
    *(":", "x:", ":x", "a..b:c", "hyperopt.optim.rules:Rule", "hyperopt.optim.rules:RULES", "this is: not"),
    *("../../etc/passwd", "/dev/zero", "~", "a/b/c", "/", "//", "adam/", "/adam", "adam//sgd", "adam/sgd_hd"),
    *("'quoted'", '"quoted"', "'open", '"', "\\", "\x00", "\n", "a\nb", "\x1b[31m", "é", "字", "😀", "​"),
    *("{}", "{a:1}", "{a:{b:[1]}}", "[]", "[[1]]", "[[]]", "[1,[2]]", "[null]", "[true]", "[nan]", "[1e308]"),
    *(
        "['a']",
        "[{a:1}]",
        f"[{DIGITS}]",
        "[" * 3000,
        "[" * 200 + "]" * 200,
        "(" * 50,
        ")",
        "]",
        "}",
        "{",
        "[",
    ),
    *(
        "all",
        "[all,all]",
        "[alpha,alpha]",
        "[all,alpha]",
        "auto",
        "cuda:7",
        "json",
        "none",
        "%s%n",
        "a=b",
        "=",
    ),
)
SWEEPS = (
    *("1,2", ",", "1,,2", "a,b,", "1,1", "range(0,3)", "range(0,0)", "range(3,0)", "range(0,1,0)", "range()"),
    *("range(0,1e9)", "range(0,1e308)", "range(nan,1)", "range(0,inf)", f"range(0,{DIGITS})", "range(a,b)"),
    *(
        "choice()",
        "choice(1,2,[3])",
        "choice({},[])",
        "interval(0,1)",
        "glob(*)",
        "sort(3,2,1)",
        "shuffle(1,2)",
    ),
    *(
        "tag(a,choice(1,2))",
        "int(3.5)",
        "float(x)",
        "json_str([1])",
        "extend_list(1)",
        "nosuch(1)",
        "[1],[2]",
    ),
)
KEYS = (
    *(
        "",
        " ",
        "=",
        "lr",
        "optimizer",
        "dataset.",
        ".train",
        "dataset.train.x",
        "dataset..train",
        "model.name",
    ),
    *("model.hidden.0", "model.hidden[0]", "seeds", "budget", "needs", "from", "hydra.run.dir", "_target_"),
    *("versions", "id", "dataset.name", "default_epochs", "__class__", "model.__class__", "a b", "x" * 3000),
    *("~seed", "+seed", "++seed", "seed@pkg", "seed@:pkg", "defaults", "stack.x", "alpha.0", "seed\n", "é"),
)
PATTERNS = (
    *("nosuch", "clipping", "clipping/", "../clipping/table2", "/etc/*", "**/", "[", "[!", "", "?", "\x00"),
    *(
        "clipping/table2.yaml",
        "clipping/table2/..",
        "x" * 3000,
        "--",
        "-",
        "-m",
        "--plan",
        "--nosuch",
        "-h=1",
    ),
    *("mnist", "MNIST", "0", "ffffffffffff", "../../x", "a\nb", "😀", "--refetch=1", "--version=1"),
)
VERBS = (
    "run",
    "run",
    "run",
    "run",
    "tables",
    "figures",
    "show",
    "data",
    "publish",
    "render",
    "bench",
    "runs",
    "",
    "rnu",
)


def command_lines(count: int, seed: int) -> Iterator[list[str]]:
    """So many command lines, each a mixture of keys, values, flags and names; the seed fixes them."""
    draw = random.Random(seed)
    known = [*shipped_keys(), *PROCESS_KEYS]

    def override() -> str:
        key = draw.choice(known) if draw.random() < 0.8 else draw.choice(KEYS)
        value = draw.choice(SCALARS) if draw.random() < 0.75 else draw.choice(SWEEPS)
        return f"{key}={value}" if draw.random() < 0.95 else draw.choice([key, value])

    for _ in range(count):
        verb = draw.choice(VERBS)
        words = [verb]
        if verb in ("run", "runs", "bench", "tables", "figures"):
            words += [override() for _ in range(draw.choice((1, 1, 1, 2, 3)))]
        if verb != "run" and draw.random() < 0.7:
            words.append(draw.choice(PATTERNS))
        if draw.random() < 0.3:
            words.insert(draw.randrange(len(words) + 1), draw.choice(("-m", "--plan", "--help", "--nosuch")))
        yield words


def outcome(words: list[str], folder: Path) -> tuple[str | None, float]:
    """What is wrong with the answer to a command line, None for nothing, and the seconds it took.

    Nothing is trained, measured or fetched: a line that gets so far is a good one.
    """
    reached = SystemExit(0)
    said, began = io.StringIO(), time.perf_counter()
    wrong = None
    stops = [
        patch(name, side_effect=reached)
        for name in (
            "hyperopt.cli.train.train",
            "hyperopt.cli.pages.train",
            "hyperopt.cli.pages._show",
            "hyperopt.cli.data.prepare",
            "hyperopt.cli.bench.milliseconds",
            "hyperopt.publish.publish",
            "hyperopt.publish.render",
        )
    ]
    with contextlib.ExitStack() as stack:
        for stop in stops:
            stack.enter_context(stop)
        stack.enter_context(contextlib.redirect_stderr(said))
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        try:
            code = main(words)
        except BaseException:
            wrong = traceback.format_exc()
        else:
            refusal = said.getvalue()
            if code == 2 and "usage:" not in refusal and refusal.count("\n") > 1:
                wrong = f"a refusal of several lines: {refusal!r}"
            elif len(refusal) > 1500:
                wrong = f"a refusal of {len(refusal)} letters"
    if left := sorted(folder.rglob("*")):
        wrong = f"left {left}"
    return wrong, time.perf_counter() - began


def _try_all(count: int, seed: int) -> int:
    faults, slow = 0, []
    with (
        tempfile.TemporaryDirectory() as name,
        contextlib.chdir(name),
        patch.dict("os.environ", {"HYPEROPT_HOME": f"{name}/home"}),
    ):
        for words in command_lines(count, seed):
            wrong, seconds = outcome(words, Path(name))
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
