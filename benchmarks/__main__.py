"""`python -m benchmarks`: `pages` writes to results/, `times ID` times tables, `gpu` measures on a GPU."""

from __future__ import annotations

import argparse
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import costs, methods, optimizer, steps, steps_page, times
from benchmarks.results import to_csv, to_json
from benchmarks.rounds import Say, saying
from benchmarks.whole_table import whole_table
from hyperopt.errors import ConfigError
from hyperopt.files import results_dir
from hyperopt.findings.method_costs import costs_file, written

TABLE = "clipping/table2"
Files = dict[str, str]


def steps_files(asked: Namespace, say: Say) -> Files:
    """Compare a training step with its peers; with --table also time the whole of TABLE."""
    effort, data = (steps.QUICK, "generated") if asked.quick else steps.real_or_generated(say)
    results = steps.measure(effort, data, say)
    if asked.table:
        results = replace(results, table=whole_table(TABLE, (), effort.how, say))
    page = steps_page.page(results)
    return {"bench.md": page, "bench.csv": to_csv(results), "bench.json": to_json(results)}


def costs_files(asked: Namespace, say: Say) -> Files:
    """Measure the cost of hypergradient descent."""
    return {"hypergradient_cost.md": costs.page(costs.QUICK if asked.quick else costs.Effort(), say)}


def optimizer_files(asked: Namespace, say: Say) -> Files:
    """Compare `HyperOptimizer` with its peers."""
    return {"optimizer_bench.md": optimizer.page(say, quick=asked.quick)}


def methods_files(asked: Namespace, say: Say) -> Files:
    """Measure the costs of the methods of the study which_stack; `hyperopt render` puts them on its page."""
    file = costs_file(Path())
    return {str(file): written(methods.measure(say, quick=asked.quick))}


PAGES: dict[str, Callable[[Namespace, Say], Files]] = {
    "steps": steps_files,
    "costs": costs_files,
    "optimizer": optimizer_files,
    "methods": methods_files,
}


def measure_on_gpu(asked: Namespace, say: Say) -> int:
    """Measure pieces on a GPU; return the exit code."""
    from benchmarks.gpu.pieces import Asked, measure_here, measure_pieces

    usual = results_dir() / "local" / "rehearsal" if asked.rehearse else results_dir()
    wanted = Asked(tuple(asked.names), asked.rehearse, asked.seconds, asked.out or usual)
    if asked.here:
        measure_here(asked.names[0], wanted, say)
        return 0
    try:
        return 1 if measure_pieces(wanted, say) else 0
    except ConfigError as error:
        print(f"benchmarks gpu: {error}", file=sys.stderr)
        return 2


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and write the results; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure training speed.")
    commands = parser.add_subparsers(dest="command", required=True)
    pages = commands.add_parser("pages", help="compare with peers, and write the pages")
    pages.add_argument("names", nargs="*", metavar="PAGE", help=f"{', '.join(PAGES)}; all by default")
    pages.add_argument("--quick", action="store_true", help="smoke test; its times are meaningless")
    pages.add_argument("--table", action="store_true", help=f"also train the whole of {TABLE} (minutes)")
    pages.add_argument("--out", type=Path, default=results_dir(), help="folder of the pages")
    tables = commands.add_parser("times", help="time each row of tables alone, for `hyperopt publish`")
    tables.add_argument("ids", nargs="+", metavar="ID", help="adabelief_amsgrad/table1 or a glob")
    tables.add_argument("--rounds", type=int, default=5, help="how often each row is timed")
    tables.add_argument("--steps", type=int, help="maximum steps timed in a round; all by default")
    pieces = commands.add_parser("gpu", help="measure on a GPU, in pieces; finished ones are kept")
    pieces.add_argument("names", nargs="*", metavar="PIECE", help="measure these, even if they are done")
    pieces.add_argument("--rehearse", action="store_true", help="on the CPU, with tiny sizes")
    pieces.add_argument("--seconds", type=float, help="time limit of each piece, in place of its own")
    pieces.add_argument(
        "--out", type=Path, help="folder of the results; results/, or results/local/ for a rehearsal"
    )
    pieces.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(argv)
    say = saying()
    if asked.command == "gpu":
        return measure_on_gpu(asked, say)
    if asked.command == "times":
        times.time_tables(asked.ids, asked.rounds, asked.steps, say)
        return 0
    if unknown := set(asked.names) - set(PAGES):
        parser.error(f"{', '.join(sorted(unknown))}: the pages are {', '.join(PAGES)}")
    asked.out.mkdir(parents=True, exist_ok=True)
    for name in asked.names or PAGES:
        for file, text in PAGES[name](asked, say).items():
            (asked.out / file).parent.mkdir(parents=True, exist_ok=True)
            (asked.out / file).write_text(text, encoding="utf-8")
            say(f"written to {asked.out / file}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
