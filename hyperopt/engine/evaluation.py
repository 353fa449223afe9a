"""Measurements of a pack after each epoch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.func import vmap

from hyperopt.data import Data
from hyperopt.engine.batches import Batches
from hyperopt.engine.program import scores
from hyperopt.train import RunState, Training

FEW = 8
"""Models with at most this many weights record every weight."""


def measure(
    training: Training, state: RunState, data: Data, batches: Batches, *, full_loss: bool
) -> dict[str, Tensor]:
    """Return the metrics of the epoch of `batches` that ended in `state`, each [runs], by `Record` name."""
    targets = (batches.weights > 0).sum() * data.train_y[0].numel()
    measured = {
        "train_loss": state.loss_sum / len(batches.steps),
        "train_error": 100 * state.wrong_sum / targets,
        "learning_rate": state.rate_sum / len(batches.steps),
    }
    if len(data.test_x):
        measured["test_loss"], measured["test_error"] = scores(training, state, data.test_x, data.test_y)
    if not training.objective.classes:
        measured = {name: value for name, value in measured.items() if not name.endswith("_error")}
    if full_loss:
        measured |= whole_training_set(training, state, data)
    return measured | _few_weights(state) | vmap(training.stack.diagnostics)(state.stack)


def whole_training_set(training: Training, state: RunState, data: Data) -> dict[str, Tensor]:
    """Return `train_loss_full`, and `squared_weights` for the L2 penalty, without biases; each [runs]."""
    loss, _ = scores(training, state, data.train_x, data.train_y)
    squares = [w.flatten(1).square().sum(1) for name, w in state.params.items() if not name.endswith("bias")]
    return {"train_loss_full": loss, "squared_weights": torch.stack(squares).sum(0)}


def _few_weights(state: RunState) -> dict[str, Tensor]:
    weights = torch.cat([w.flatten(1) for w in state.params.values()], dim=1)
    return {f"w{i}": w for i, w in enumerate(weights.unbind(1))} if weights.shape[1] <= FEW else {}
