"""Pieces that run commands: the tests that need a GPU, a whole table, and training within a time limit."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from benchmarks.gpu.site import Found, Site
from hyperopt.config import resolve
from hyperopt.engine.heads import heads
from hyperopt.experiments import load
from hyperopt.files import checkout_root
from hyperopt.records import Store

TABLE = "clipping/table2"
NETS = ("hyper_regularization/fig4_quarter", "hypergradient/vgg_quarter", "hyper_regularization/fig4_start")
SMALL, SMALL_SEEDS = {"dataset": "iris", "stack": "sgd/sgd"}, (0, 1)
"""The runs that a rehearsal trains in place of an experiment."""
TO_STOP = 20.0
"""The seconds that an interrupted command may take to stop."""


def tests(site: Site) -> Iterator[Found]:
    """Run the tests marked gpu; yield how many passed, failed and were skipped. Their output is stored."""
    root = checkout_root()
    if root is None:
        yield "tests", "left out", "they need a checkout"
        return
    every = sorted((root / "tests").rglob("test_*.py"))
    files = [str(path) for path in every if "mark.gpu" in path.read_text("utf-8")]
    command = [sys.executable, "-m", "pytest", "-q", "-m", "gpu", "-p", "no:cacheprovider", *files]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    site.folder.mkdir(parents=True, exist_ok=True)
    (site.folder / "tests.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    said = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr.strip()[-300:]
    counts = {what: number for number, what in re.findall(r"(\d+) (passed|failed|skipped|errors?)", said)}
    for what in ("passed", "failed", "skipped"):
        yield "tests", what, counts.get(what, "0")
    bad = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    for number, line in enumerate(bad, start=1):
        yield f"failure {number}", "test", line[:200]


def table(site: Site) -> Iterator[Found]:
    """Time a whole table from an empty store and an empty cache of compiled programs."""
    home = site.folder / "table"
    shutil.rmtree(home, ignore_errors=True)
    started = time.perf_counter()
    ran = hyperopt(TABLE, site, home)
    yield TABLE, "seconds by wall clock", f"{time.perf_counter() - started:.1f}"
    yield TABLE, "exit code", str(ran)
    yield from trained(TABLE, site, home)


def nets(site: Site) -> Iterator[Found]:
    """Train VGG-16 within the piece's time limit; another call continues from the last checkpoint."""
    home = site.folder / "nets"
    left = time.monotonic() + site.seconds - TO_STOP
    for name in NETS[: 1 if site.small else None]:
        if (seconds := left - time.monotonic()) > 0:
            yield name, "exit code", str(hyperopt(name, site, home, seconds))
        yield from trained(name, site, home)


def trained(name: str, site: Site, home: Path) -> Iterator[Found]:
    """Yield the progress of an experiment's runs."""
    if site.small:
        ids = {resolve({**SMALL, "seed": seed}).id for seed in SMALL_SEEDS}
    else:
        ids = {run.id for run in load(name)[0].runs(None)}
    yield name, "runs", str(len(ids))
    yield name, "runs finished", str(len(Store(home / "records").ids() & ids))
    for head in heads(home):
        if of := len(ids & {*head.ids}):
            yield name, f"epochs of {of} more runs ({head.ids[0][:7]})", str(head.epoch)


def hyperopt(name: str, site: Site, home: Path, seconds: float | None = None) -> int:
    """Train an experiment, interrupted after this many seconds; return the command's exit code."""
    words = [f"{load(name)[0].kind}s", name]
    if site.small:
        words = [
            "run",
            "-m",
            *(f"{k}={v}" for k, v in SMALL.items()),
            f"seed={','.join(map(str, SMALL_SEEDS))}",
        ]
    empty: Mapping[str, str] = {"HYPEROPT_HOME": str(home), "TORCHINDUCTOR_CACHE_DIR": str(home / "compiled")}
    home.mkdir(parents=True, exist_ok=True)
    with (home / "log.txt").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "hyperopt", *words, f"device={site.device}"],
            env={**os.environ, **empty},
            stdout=log,
            stderr=log,
        )
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                return process.wait(TO_STOP)
            process.kill()
            return process.wait()
