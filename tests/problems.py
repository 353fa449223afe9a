"""A small classification problem, and training on it one step at a time with the package's own parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from hyperopt import models
from hyperopt.config import Run, resolve
from hyperopt.engine.pack import numbers_of, objective_of, stack_of
from hyperopt.optim.level import Tree
from hyperopt.train import RunState, Training

FEATURES, CLASSES, BATCH = 12, 4, 16


class Problem(NamedTuple):
    """A net of the reports' kind, and each step's minibatch: x [steps, batch, features], y [steps, batch]."""

    model: nn.Module
    x: Tensor
    y: Tensor

    @property
    def params(self) -> Tree:
        return {k: p.clone() for k, p in models.parameters(self.model).items()}


def small_problem(steps: int, seed: int = 0) -> Problem:
    """Points around one centre per class, in torch's default dtype."""
    generator = torch.Generator().manual_seed(seed)
    centres = torch.randn(CLASSES, FEATURES, generator=generator)
    y = torch.randint(CLASSES, (steps, BATCH), generator=generator)
    x = centres[y] + 0.7 * torch.randn(steps, BATCH, FEATURES, generator=generator)
    torch.manual_seed(seed)
    net = resolve({"model": "mlp", "model.hidden": [8]}).model
    model = models.build(net, (FEATURES,), CLASSES)
    return Problem(model, x, y)


def start(problem: Problem, run: Run) -> tuple[Training, RunState]:
    """A run's training and its state before the first step, on a problem of our own."""
    training = Training(problem.model, stack_of(run), objective_of(run))
    numbers = tuple({k: torch.tensor(v) for k, v in level.items()} for level in numbers_of(run))
    clip = tuple(torch.tensor(c) for c in (False, *run.clip))
    return training, training.init(problem.params, {}, numbers, clip)


class Now(NamedTuple):
    """Weights, and every hyperparameter in natural units by "level.name", after a step."""

    params: Tree
    hyper: dict[str, float]


def train(problem: Problem, **settings: Any) -> Iterator[Now]:
    """Train by the settings of a run, and yield what each step leads to."""
    training, state = start(problem, resolve(settings))
    weight = torch.full((BATCH,), 1 / BATCH)
    for t, (x, y) in enumerate(zip(problem.x, problem.y, strict=True), start=1):
        state = training.step(state, x, y, weight, torch.tensor(float(t)))
        levels = enumerate(training.stack.hyperparameters(state.stack))
        yield Now(state.params, {f"{k}.{name}": v.item() for k, level in levels for name, v in level.items()})


def distance(a: Now, b: Now) -> float:
    """The largest difference of a weight, or relative difference of a hyperparameter that `b` has."""
    weights = max((a.params[k] - b.params[k]).abs().max().item() for k in b.params)
    hyper = max(abs(a.hyper[k] - v) / max(abs(v), 1e-12) for k, v in b.hyper.items())
    return max(weights, hyper)
