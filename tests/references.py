"""The published algorithms, transcribed plainly from docs/reports/: slow, obvious, without the package."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class NormAverageClip:
    """docs/reports/clipping.md, "The clip", for one hyperparameter: n stored norms, th their mean."""

    def __init__(self, *, enabled: bool, counts_first_norm: bool) -> None:
        self.enabled = enabled
        self.counts_first_norm = counts_first_norm
        self.t, self.n, self.th = 0, 0, 0.0

    def __call__(self, g: float) -> float:
        self.t += 1
        th_try = (self.th * self.n + abs(g)) / (self.n + 1)
        if self.enabled:
            g = g * min(1.0, divide(th_try, abs(g)))
        if self.t > 1 or self.counts_first_norm:
            self.th = (self.th * self.n + abs(g)) / (self.n + 1)
            self.n += 1
        return g


def divide(a: float, b: float) -> float:
    """Division as tensors divide: by zero too."""
    if b != 0:
        return a / b
    return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a)


def clipped_hyper_sgd(
    rule: str, numbers: dict[str, float], kappa: float, model: nn.Module, xs: Tensor, ys: Tensor
) -> Iterator[tuple[list[Tensor], dict[str, float]]]:
    """Train `model` by sgd or adam (gdtuo's forms) under a hyper-SGD with clip, by plain autograd.

    The hyperparameters of a step are leaves of the graph that holds that step's update and the next loss: one
    backward pass gives the gradient of the weights and of the hyperparameters that made them.

    Yields:
        Weights, and hyperparameters in natural units, after each step.
    """
    raw = {k: torch.tensor(v if k == "alpha" else math.atanh(2 * v - 1)) for k, v in numbers.items()}
    clips = {k: NormAverageClip(enabled=True, counts_first_norm=True) for k in raw}
    shapes = [p.shape for p in model.parameters()]
    names = [k for k, _ in model.named_parameters()]
    weights = [p.detach().clone().requires_grad_() for p in model.parameters()]
    m = [torch.zeros(s) for s in shapes]
    v = [torch.full(s, 1e-8) for s in shapes]
    for t, (x, y) in enumerate(zip(xs, ys, strict=True), start=1):
        for w in weights:
            w.retain_grad()
        loss = F.cross_entropy(
            torch.func.functional_call(model, dict(zip(names, weights, strict=True)), (x,)), y
        )
        loss.backward()
        gradients = [w.grad.clone() for w in weights if w.grad is not None]
        stepped = {}
        for k, h in raw.items():
            hypergradient = 0.0 if h.grad is None else h.grad.item()
            stepped[k] = (h.detach() - kappa * clips[k](hypergradient)).requires_grad_()
        raw = stepped
        natural = {k: h if k == "alpha" else (h.tanh() + 1) / 2 for k, h in raw.items()}
        weights, m, v = plain_update(rule, natural, weights, gradients, m, v, t)
        yield [w.detach() for w in weights], {k: h.item() for k, h in natural.items()}


def plain_update(
    rule: str,
    h: dict[str, Tensor],
    weights: Sequence[Tensor],
    gradients: Sequence[Tensor],
    m: list[Tensor],
    v: list[Tensor],
    t: int,
) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """One update of sgd or gdtuo's adam, as a graph from the hyperparameters to the weights."""
    before = [w.detach() for w in weights]
    if rule == "sgd":
        return [w - h["alpha"] * g for w, g in zip(before, gradients, strict=True)], m, v
    m = [h["beta1"] * a.detach() + (1 - h["beta1"]) * g for a, g in zip(m, gradients, strict=True)]
    v = [h["beta2"] * a.detach() + (1 - h["beta2"]) * g**2 for a, g in zip(v, gradients, strict=True)]
    moves = [
        a / (1 - h["beta1"] ** t) / ((b / (1 - h["beta2"] ** t)).sqrt() + 1e-8)
        for a, b in zip(m, v, strict=True)
    ]
    return [w - h["alpha"] * d for w, d in zip(before, moves, strict=True)], m, v
