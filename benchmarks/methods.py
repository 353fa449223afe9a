"""The costs of the methods of the study which_stack relative to the baseline: a training step, and memory."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.optimizer import MODELS, ratio, timed_step
from benchmarks.rounds import Rounds, Say, in_turn
from benchmarks.workers import Train
from hyperopt.config import Run
from hyperopt.experiments import load
from hyperopt.findings.method_costs import Cost
from hyperopt.findings.methods import BASELINE
from hyperopt.findings.study import STUDY
from hyperopt.optim import HyperOptimizer

RATE, BATCH = 1e-3, 256
"""The column of the study from whose runs settings are taken, and the batch size."""
HOW = Rounds(11, 0.04, warm_up=20, inline=True)


@dataclass(frozen=True)
class MethodStep:
    """A method of the study that trains the MLP with an uncompiled `HyperOptimizer`."""

    label: str
    run: Run

    def optimizer(self, params: Iterator[nn.Parameter]) -> HyperOptimizer:
        """Return the optimizer with the settings of the run, without a schedule, which has no cost."""
        run, procedure = self.run, self.run.procedure
        above = {"clip": run.clip, "tune": run.tune} if len(run.stack) > 1 else {}
        keys = ("multiplicative", "trace", "hypergradient")
        settings: dict[str, Any] = above | {key: procedure[key] for key in keys} | dict(run.numbers)
        return HyperOptimizer(params, run.stack, run.alpha, form="textbook", compile=False, **settings)

    def trained(self) -> tuple[nn.Module, HyperOptimizer, Train]:
        """Return a model, its optimizer, and a function that trains it on one random minibatch."""
        torch.set_num_threads(1)
        torch.manual_seed(0)
        module = MODELS["mlp"].build()
        x, y = replace(MODELS["mlp"], shape=(BATCH, *MODELS["mlp"].shape[1:])).batch()
        opt = self.optimizer(module.parameters())
        step = timed_step(opt, module)
        return module, opt, lambda steps: sum(step(x, y) for _ in range(steps))

    def prepare(self) -> Train:
        """Return the function to time, as `in_turn` needs it."""
        warnings.simplefilter("ignore")
        return self.trained()[2]

    def kept(self) -> float:
        """Return the size of the optimizer's state after two steps, in multiples of the weights."""
        module, opt, train = self.trained()
        train(2)
        state = [value for of in opt.state.values() for value in of.values() if isinstance(value, Tensor)]
        return sum(value.numel() for value in state) / sum(p.numel() for p in module.parameters())


def methods() -> list[MethodStep]:
    """Return the methods of the study."""
    [study] = load(f"{STUDY}/iris")
    return [MethodStep(cell.row, cell.run(0)) for cell in study.cells() if float(cell.column) == RATE]


def measure(say: Say, *, quick: bool) -> Mapping[str, Cost]:
    """Measure the costs by label; `quick` is a smoke test."""
    found = methods()
    timed = in_turn("methods", found, Rounds(2, 0.0, inline=True) if quick else HOW, say)
    whole = [[sample.cpu_seconds / sample.steps for sample in of.samples] for of in timed]
    alone = [[sample.part_seconds / sample.steps for sample in of.samples] for of in timed]
    base = [method.label for method in found].index(BASELINE)
    return {
        method.label: Cost(ratio(whole[i], whole[base]), ratio(alone[i], alone[base]), method.kept())
        for i, method in enumerate(found)
    }
