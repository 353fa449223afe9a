"""Comparison of runs trained in packs on the GPU with the published records of the same runs on CPUs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, stdev
from tempfile import TemporaryDirectory

import torch

from benchmarks.gpu.site import Found, Site
from hyperopt.config import Run
from hyperopt.data import DataError, prepare
from hyperopt.engine.options import Options
from hyperopt.engine.plan import packs_of
from hyperopt.engine.process import prepare_process
from hyperopt.engine.trainer import train_pack
from hyperopt.experiments import load
from hyperopt.records import Record, published

OF = ": "
"""The separator between a metric and a measure of its differences."""
METRICS = ("train_loss", "test_loss", "test_error")
OWN, COMPILED, TF32 = "as trained", "compiled", "products in TF32"
COMPARED = {
    "clipping/table2": ((OWN, COMPILED, TF32), 100),
    "hypergradient/adam_hd_beta": ((OWN, TF32), 100),
    "clipping/table5": ((OWN, TF32), 1),
}
"""The ways in which an experiment's runs are trained, and the maximum number of its settings."""
SMALL = {"steroids/fig9": ((OWN,), 4)}


def measure(site: Site) -> Iterator[Found]:
    """Compare every experiment in every way; one whose data are not available is named and left out."""
    for experiment, (ways, most) in (SMALL if site.small else COMPARED).items():
        [asked] = load(experiment)
        seeds = asked.seeds[:3]
        settings = [run.at(0).id for run in asked.runs(seeds[:1])][:most]
        runs = [run for run in asked.runs(seeds) if run.at(0).id in settings]
        try:
            for name in {run.dataset["name"] for run in runs}:
                prepare(name)
        except DataError:
            yield experiment, "left out", "its data are not available"
            continue
        theirs = published().load(run.id for run in runs)
        yield experiment, "runs", str(len(theirs))
        made = {}
        for way in ways:
            made[way] = trained(runs, site, way)
            for quantity, value in compared(runs, made[way], theirs).items():
                yield f"{experiment}, {way}", quantity, f"{value:.6g}"
        for way in ways[1:]:
            for quantity, value in compared(runs, made[way], made[OWN]).items():
                yield f"{experiment}, {way}, beside {OWN}", quantity, f"{value:.6g}"


def trained(runs: Sequence[Run], site: Site, way: str) -> dict[str, Record]:
    """Train runs in a temporary folder and return their records."""
    options = Options(device=site.device, workers=1, compile=True if way == COMPILED else None)
    prepare_process()
    with TemporaryDirectory() as folder, products_in_tf32(way == TF32):
        packs = packs_of(runs, options)
        return {record.id: record for pack in packs for record in train_pack(pack, options, Path(folder))}


@contextmanager
def products_in_tf32(allowed: bool) -> Iterator[None]:
    """Compute float32 matrix products and convolutions in TF32, with a mantissa of 10 bits, if allowed."""
    before, cudnn = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    try:
        if allowed:
            torch.set_float32_matmul_precision("high")
            torch.backends.cudnn.allow_tf32 = True
        yield
    finally:
        torch.set_float32_matmul_precision(before)
        torch.backends.cudnn.allow_tf32 = cudnn


def compared(
    runs: Sequence[Run], ours: Mapping[str, Record], theirs: Mapping[str, Record]
) -> dict[str, float]:
    """Return the differences between records and others of the same runs, by quantity.

    For each metric after the first and the last epoch, over runs with finite values, these are the median and
    the largest difference, relative for losses and in points for errors, and the median as a share of the
    standard deviation over the seeds of the run's setting.
    """
    both = [run for run in runs if run.id in ours and run.id in theirs]
    found: dict[str, float] = {
        "runs that diverged in one of two": sum(
            ours[run.id].diverged != theirs[run.id].diverged for run in both
        )
    }
    for metric in METRICS:
        for epoch, name in ((0, "first"), (-1, "last")):
            ends = {run.id: at(theirs[run.id], metric, epoch) for run in both}
            pairs = [(run, at(ours[run.id], metric, epoch), ends[run.id]) for run in both]
            pairs = [pair for pair in pairs if math.isfinite(pair[1]) and math.isfinite(pair[2])]
            if not pairs:
                continue
            apart = [abs(a - b) for _, a, b in pairs]
            unit = [abs(b) if metric.endswith("loss") else 1.0 for _, _, b in pairs]
            relative = [d / u for d, u in zip(apart, unit, strict=True)]
            said = f"{metric}, {name} epoch{OF}"
            found[f"{said}median difference"] = median(relative)
            found[f"{said}largest difference"] = max(relative)
            spread = spreads(both, ends)
            of_runs = [spread.get(run.id) for run, _, _ in pairs]
            shares = [d / sd for d, sd in zip(apart, of_runs, strict=True) if sd]
            if shares:
                found[f"{said}median share of the spread of seeds"] = median(shares)
    return found


def at(record: Record, metric: str, epoch: int) -> float:
    """Return a metric after an epoch, by index; NaN if there is none."""
    series = record.metrics.get(metric, [])
    return series[epoch] if series else math.nan


def spreads(runs: Iterable[Run], values: Mapping[str, float]) -> dict[str, float]:
    """Return each run's standard deviation over the seeds of its setting, if several values are finite."""
    settings: dict[str, list[str]] = {}
    for run in runs:
        settings.setdefault(run.at(0).id, []).append(run.id)
    found: dict[str, float] = {}
    for ids in settings.values():
        finite = [values[each] for each in ids if math.isfinite(values[each])]
        if len(finite) > 1:
            found |= dict.fromkeys(ids, stdev(finite))
    return found
