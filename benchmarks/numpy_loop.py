"""Linear regression in plain numpy, as the hyper-regularization report's code does it, and more efficiently.

Both find the same weights. The report's code solves for each new beta of H1 with scipy's fsolve, and permutes
all rows to draw the single row of a stochastic step (docs/reports/hyper_regularization.md, "Linear
regression").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import fsolve

from benchmarks.workers import Train
from hyperopt.config import Run
from hyperopt.data import load

Array = NDArray[np.float64]
NEWTON_STEPS = 6


def loop(runs: tuple[Run, ...], _device: str, *, as_reported: bool) -> Train:
    """Return a loop of gradient descent at a constant rate, or with beta of H1 clipped to [b, 2 b].

    `as_reported` selects the report's way of solving for beta and of drawing rows.
    """
    [run] = runs
    descent = Descent(run, as_reported=as_reported)

    def train(steps: int) -> None:
        for _ in range(steps):
            descent.step()

    return train


class Descent:
    """The state of gradient descent for a linear regression."""

    def __init__(self, run: Run, *, as_reported: bool) -> None:
        if run.stack not in (("sgd",), ("hellinger1",)):
            raise ValueError(f"{'/'.join(run.stack)}: the loop supports sgd and hellinger1")
        data = load("height_weight", train=run.dataset["train"])
        self.x, self.y = data.train_x.numpy(), data.train_y.numpy()
        self.w = np.zeros(self.x.shape[1])
        self.beta = np.full_like(self.w, 1 / run.alpha[0])
        self.grows = run.stack == ("hellinger1",)
        self.root: Callable[[Array, Array], Array] = by_fsolve if as_reported else by_newton
        self.rows = self._batches(run.batch_size, as_reported=as_reported)
        self.steps = 0

    def step(self) -> None:
        """Take one step."""
        rows = next(self.rows)
        x, y = self.x[rows], self.y[rows]
        grad = -x.T @ (y - x @ self.w) / len(y)
        if self.grows and self.steps > 0:
            self.beta = np.clip(self.root(grad, self.beta), self.beta, 2 * self.beta)
        self.w = self.w - grad / self.beta
        self.steps += 1

    def _batches(self, size: int, *, as_reported: bool) -> Iterator[slice | NDArray[np.int64]]:
        generator, total = np.random.default_rng(0), len(self.x)
        while size >= total:
            yield slice(None)
        while True:
            order = generator.permutation(total)
            for start in range(0, size if as_reported else total - size + 1, size):
                yield order[start : start + size]


def by_fsolve(grad: Array, b: Array) -> Array:
    """Return the root of beta**2 (1 - sqrt(b / beta)) = g**2 by fsolve, started from b."""
    found: Array = fsolve(lambda beta: beta**2 * (1 - np.sqrt(b / beta)) - grad**2, b)
    return found


def by_newton(grad: Array, b: Array) -> Array:
    """Return the same root, up to 2 b, by the method of the package's rule."""
    c = np.minimum((grad / b) ** 2, 4 - 2 * np.sqrt(2))
    s = np.minimum(c, np.sqrt(np.sqrt(c)))
    for _ in range(NEWTON_STEPS):
        s = s - (s * (1 + s) ** 3 - c) / ((1 + s) ** 2 * (1 + 4 * s))
    root: Array = b * (1 + s) ** 2
    return root
