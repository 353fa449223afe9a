"""What every rule of the package is compared with: a peer, or a slow reference written from the formula."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from itertools import count
from typing import Any

import torch
from adabelief_pytorch import AdaBelief
from dadaptation import DAdaptAdam
from dog import DoG
from lion_pytorch import Lion
from mechanic_pytorch import mechanize
from prodigyopt import Prodigy
from schedulefree import AdamWScheduleFree, SGDScheduleFree
from torch import Tensor, nn
from torch.optim import SGD, Adagrad, Adam, AdamW, NAdam, Optimizer, RMSprop

Gradient = Callable[[Tensor, int], Tensor]
"""The gradient at a weight, at a step counted from 1."""
Weights = Callable[[Tensor, Gradient], Iterator[Tensor]]  # a weight after each step


@dataclass(frozen=True)
class Oracle:
    """Moves a weight as a rule must.

    Attributes:
        weights: where to.
        numbers: the rule's hyperparameters, where they are not its defaults.
        choices: the rule's habits and options, where they are not the textbook's.
        near: how near; an estimate that grows by its own feedback makes rounding grow, too.
    """

    weights: Weights
    numbers: Mapping[str, float] = field(default_factory=dict)
    choices: Mapping[str, Any] = field(default_factory=dict)
    near: float = 1e-12


def peer(build: Callable[[Iterable[Tensor]], Optimizer]) -> Weights:
    """A torch.optim.Optimizer."""

    def weights(start: Tensor, gradient: Gradient) -> Iterator[Tensor]:
        w = nn.Parameter(start.clone())
        optimizer = build([w])
        if hasattr(optimizer, "train"):
            optimizer.train()
        for t in count(1):
            w.grad = gradient(w.detach(), t)
            optimizer.step()
            yield w.detach().clone()

    return weights


def adabelief(**more: float) -> Weights:
    def build(w: Iterable[Tensor]) -> Optimizer:
        options = {"eps": 1e-8, "rectify": False, "weight_decouple": False, "print_change_log": False}
        optimizer: Optimizer = AdaBelief(w, 0.01, **options | more)
        return optimizer

    return peer(build)


def silent(build: Callable[[Iterable[Tensor]], Optimizer]) -> Weights:
    """A peer that prints what it decouples."""

    def quiet(w: Iterable[Tensor]) -> Optimizer:
        with redirect_stdout(StringIO()):
            return build(w)

    return peer(quiet)


def mechanized(base: type[Optimizer], **options: float) -> Callable[..., Optimizer]:
    """Mechanic around an optimizer, its way kept rather than computed from the weights."""
    kind: Callable[..., Optimizer] = mechanize(base, store_delta=True, **options)
    return kind


def adam_as_printed(start: Tensor, gradient: Gradient) -> Iterator[Tensor]:
    """Kingma and Ba's Algorithm 1 in the order that they call efficient."""
    w, m, v = start, 0 * start, 0 * start
    for t in count(1):
        g = gradient(w, t)
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        alpha = 0.02 * (1 - 0.999**t) ** 0.5 / (1 - 0.9**t)
        w = w - alpha * m / (v**0.5 + 1e-8)
        yield w


def steroids(start: Tensor, gradient: Gradient) -> Iterator[Tensor]:
    """docs/reports/steroids.md, "The update rule"."""
    w, b = start, 0 * start
    for t in count(1):
        b = (0.8 * b + gradient(w, t) + 0.02 * w) * (1 - 0.3)
        w = w - 0.1 * b
        yield w


def hyper_regularization(slope: Callable[[Tensor], Tensor], algorithm: int) -> Weights:
    """Betas within [b, 2 b] by bisection: `slope` is phi', which rises.

    Args:
        slope: of r = beta / b.
        algorithm: 1 solves r**2 phi'(r) = (g / b)**2, 2 and 3 solve phi'(r) = (g / b)**2; 3 steps with b.
    """

    def weights(start: Tensor, gradient: Gradient) -> Iterator[Tensor]:
        w, b = start, torch.full_like(start, 1 / 0.5)
        for t in count(1):
            g = gradient(w, t)
            low, high = torch.ones_like(b), torch.full_like(b, 2.0)
            for _ in range(60):
                r = (low + high) / 2
                below = (r**2 if algorithm == 1 else 1) * slope(r) < (g / b) ** 2
                low, high = torch.where(below, r, low), torch.where(below, high, r)
            beta = b * high
            w = w - g / (b if algorithm == 3 else beta)
            b = beta
            yield w

    return weights


SLOPES: dict[str, Callable[[Tensor], Tensor]] = {
    "kl": lambda r: r.log(),
    "rkl": lambda r: 1 - 1 / r,
    "hellinger": lambda r: 1 - r**-0.5,
    "chi": lambda r: 2 * (r - 1),
}
"""phi' of each divergence."""
ALL_OF_SGD: dict[str, Any] = {"momentum": 0.8, "dampening": 0.3, "weight_decay": 0.02}

ORACLES: dict[str, list[Oracle]] = {
    "sgd": [
        Oracle(peer(lambda w: SGD(w, 0.3)), {"alpha": 0.3}),
        Oracle(peer(lambda w: SGD(w, 0.1, **ALL_OF_SGD)), {"alpha": 0.1, **ALL_OF_SGD}),
        Oracle(
            peer(lambda w: SGD(w, 0.1, momentum=0.9, nesterov=True)),
            {"alpha": 0.1, "momentum": 0.9},
            {"nesterov": True},
        ),
    ],
    "sgd_steroids": [
        Oracle(steroids, {"alpha": 0.1, **ALL_OF_SGD}),
        Oracle(
            peer(lambda w: SGD(w, 0.1, momentum=0.9, weight_decay=0.01)),
            {"alpha": 0.1, "weight_decay": 0.01, "dampening": 0.0},
        ),
    ],
    "adam": [
        Oracle(peer(lambda w: Adam(w, 0.02)), {"alpha": 0.02}),
        Oracle(peer(lambda w: Adam(w, 0.02, betas=(0.5, 0.9))), {"alpha": 0.02, "beta1": 0.5, "beta2": 0.9}),
        Oracle(peer(lambda w: Adam(w, 0.02, eps=1e-3)), {"alpha": 0.02}, {"eps": 1e-3}),
        Oracle(peer(lambda w: Adam(w, 0.02, weight_decay=0.1)), {"alpha": 0.02, "weight_decay": 0.1}),
        Oracle(adam_as_printed, {"alpha": 0.02}, {"eps_before_correction": True}),
    ],
    "adamw": [
        Oracle(peer(lambda w: AdamW(w, 0.02)), {"alpha": 0.02}),
        Oracle(
            peer(lambda w: AdamW(w, 0.02, (0.5, 0.9), 1e-3, 0.5)),
            {"alpha": 0.02, "beta1": 0.5, "beta2": 0.9, "weight_decay": 0.5},
            {"eps": 1e-3},
        ),
        Oracle(peer(lambda w: Adam(w, 0.02)), {"alpha": 0.02, "weight_decay": 0.0}),
    ],
    "nadam": [
        Oracle(peer(lambda w: NAdam(w, 0.02)), {"alpha": 0.02}),
        Oracle(
            peer(lambda w: NAdam(w, 0.02, (0.5, 0.9), 1e-3, weight_decay=0.1, momentum_decay=0.1)),
            {"alpha": 0.02, "beta1": 0.5, "beta2": 0.9, "weight_decay": 0.1},
            {"eps": 1e-3, "momentum_decay": 0.1},
        ),
        Oracle(peer(lambda w: NAdam(w, 0.02, momentum_decay=0)), {"alpha": 0.02}, {"momentum_decay": 0.0}),
    ],
    "nadamw": [
        Oracle(
            peer(lambda w: NAdam(w, 0.02, weight_decay=0.01, decoupled_weight_decay=True)), {"alpha": 0.02}
        ),
        Oracle(
            peer(lambda w: NAdam(w, 0.02, (0.5, 0.9), weight_decay=0.5, decoupled_weight_decay=True)),
            {"alpha": 0.02, "beta1": 0.5, "beta2": 0.9, "weight_decay": 0.5},
        ),
    ],
    "lion": [
        Oracle(peer(lambda w: Lion(w, 0.01)), {"alpha": 0.01}),
        Oracle(
            peer(lambda w: Lion(w, 0.01, (0.5, 0.8), weight_decay=0.1)),
            {"alpha": 0.01, "beta1": 0.5, "beta2": 0.8, "weight_decay": 0.1},
        ),
    ],
    "schedulefree_sgd": [
        Oracle(peer(lambda w: SGDScheduleFree(w, 0.3, foreach=False)), {"alpha": 0.3}),
        Oracle(
            peer(lambda w: SGDScheduleFree(w, 0.1, momentum=0.6, weight_decay=0.1)),
            {"alpha": 0.1, "momentum": 0.6, "weight_decay": 0.1},
        ),
    ],
    "schedulefree_adamw": [
        Oracle(peer(lambda w: AdamWScheduleFree(w)), {}),
        Oracle(
            peer(lambda w: AdamWScheduleFree(w, 0.02, (0.6, 0.9), 1e-3, 0.1)),
            {"alpha": 0.02, "beta1": 0.6, "beta2": 0.9, "weight_decay": 0.1},
            {"eps": 1e-3},
        ),
    ],
    "prodigy": [
        Oracle(peer(lambda w: Prodigy(w)), {}),
        Oracle(peer(lambda w: Prodigy(w, d0=0.1)), {"d0": 0.1}),
        Oracle(
            silent(
                lambda w: Prodigy(w, 0.5, (0.8, 0.99), eps=1e-3, weight_decay=0.1, use_bias_correction=True)
            ),
            {"alpha": 0.5, "beta1": 0.8, "beta2": 0.99, "weight_decay": 0.1},
            {"eps": 1e-3, "bias_correction": True},
            near=1e-10,
        ),
    ],
    "dadapt_adam": [
        Oracle(peer(lambda w: DAdaptAdam(w)), {}),
        Oracle(peer(lambda w: DAdaptAdam(w, d0=0.1)), {"d0": 0.1}),
        Oracle(
            silent(
                lambda w: DAdaptAdam(
                    w, 0.5, (0.8, 0.99), 1e-3, weight_decay=0.1, decouple=True, use_bias_correction=True
                )
            ),
            {"alpha": 0.5, "beta1": 0.8, "beta2": 0.99, "weight_decay": 0.1},
            {"eps": 1e-3, "bias_correction": True},
        ),
    ],
    "dog": [
        Oracle(peer(lambda w: DoG(w)), {}),
        Oracle(peer(lambda w: DoG(w, 0.1, lr=0.5, eps=1e-3)), {"alpha": 0.5, "reps": 0.1}, {"eps": 1e-3}),
    ],
    "mechanic_sgd": [
        Oracle(peer(lambda w: mechanized(SGD)(w, 0.01)), {"alpha": 0.01}),
        Oracle(
            peer(lambda w: mechanized(SGD, s_init=1e-2, s_decay=0.1)(w, 0.1, **ALL_OF_SGD)),
            {"alpha": 0.1, "s0": 1e-2, "scale_decay": 0.1, **ALL_OF_SGD},
        ),
    ],
    "mechanic_adamw": [
        Oracle(peer(lambda w: mechanized(AdamW)(w)), {}),
        Oracle(
            peer(lambda w: mechanized(AdamW, s_init=1e-2)(w, 0.1, weight_decay=0.1)),
            {"alpha": 0.1, "weight_decay": 0.1, "s0": 1e-2},
        ),
    ],
    "adagrad": [
        Oracle(peer(lambda w: Adagrad(w, 0.1)), {"alpha": 0.1}),
        Oracle(
            peer(lambda w: Adagrad(w, 0.1, initial_accumulator_value=0.1)),
            {"alpha": 0.1},
            {"adagrad_start": 0.1},
        ),
        Oracle(
            peer(lambda w: Adagrad(w, 0.1, weight_decay=0.1, eps=1e-3)),
            {"alpha": 0.1, "weight_decay": 0.1},
            {"eps": 1e-3},
        ),
    ],
    "rmsprop": [
        Oracle(peer(lambda w: RMSprop(w, 0.01)), {"alpha": 0.01}),
        Oracle(peer(lambda w: RMSprop(w, 0.01, alpha=0.8)), {"alpha": 0.01, "gamma": 0.8}),
        Oracle(
            peer(lambda w: RMSprop(w, 0.01, weight_decay=0.1, eps=1e-3)),
            {"alpha": 0.01, "weight_decay": 0.1},
            {"eps": 1e-3},
        ),
    ],
    "adabelief": [
        Oracle(adabelief(), {"alpha": 0.01}),
        Oracle(adabelief(eps=1e-3, weight_decay=0.1), {"alpha": 0.01, "weight_decay": 0.1}, {"eps": 1e-3}),
    ],
    "amsgrad": [
        Oracle(peer(lambda w: Adam(w, 0.01, amsgrad=True)), {"alpha": 0.01}),
        Oracle(
            peer(lambda w: Adam(w, 0.01, betas=(0.5, 0.7), amsgrad=True)),
            {"alpha": 0.01, "beta1": 0.5, "beta2": 0.7},
        ),
        Oracle(
            peer(lambda w: Adam(w, 0.01, amsgrad=True, weight_decay=0.1, eps=1e-3)),
            {"alpha": 0.01, "weight_decay": 0.1},
            {"eps": 1e-3},
        ),
    ],
} | {
    f"{divergence}{algorithm}": [Oracle(hyper_regularization(slope, algorithm), {"alpha": 0.5})]
    for divergence, slope in SLOPES.items()
    for algorithm in (1, 2, 3)
}
"""By rule; one at least for each of RULES."""
