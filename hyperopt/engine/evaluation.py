"""What is measured of a pack after each epoch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.func import vmap

from hyperopt.data import Data
from hyperopt.engine.batches import Batches
from hyperopt.engine.program import scores
from hyperopt.optim.torch_private import tree_map
from hyperopt.train import RunState, Training

FEW = 8
"""A model with at most this many weights leaves each of them in its record."""


def measure(
    training: Training, state: RunState, data: Data, batches: Batches, *, full_loss: bool, twins: bool = False
) -> dict[str, Tensor]:
    """The metrics of the epoch of `batches` that ended in `state`, each [runs], by the names of `Record`.

    Where all runs are the same, the first is evaluated for all.
    """
    each: RunState = tree_map(lambda leaf: leaf[:1], state) if twins else state
    evaluated: dict[str, Tensor] = {}
    targets = (batches.weights > 0).sum() * data.train_y[0].numel()
    measured = {
        "train_loss": state.loss_sum / len(batches.steps),
        "train_error": 100 * state.wrong_sum / targets,
        "learning_rate": state.rate_sum / len(batches.steps),
    }
    if len(data.test_x):
        evaluated["test_loss"], evaluated["test_error"] = scores(training, each, data.test_x, data.test_y)
    if full_loss:
        evaluated |= whole_training_set(training, each, data)
    measured |= {name: values.expand_as(state.loss_sum) for name, values in evaluated.items()}
    if not training.objective.classes:
        measured = {name: value for name, value in measured.items() if not name.endswith("_error")}
    return measured | _few_weights(state) | vmap(training.stack.diagnostics)(state.stack)


def whole_training_set(training: Training, state: RunState, data: Data) -> dict[str, Tensor]:
    """`train_loss_full`, and the `squared_weights` of its L2 penalty, without biases; each [runs]."""
    loss, _ = scores(training, state, data.train_x, data.train_y)
    squares = [w.flatten(1).square().sum(1) for name, w in state.params.items() if not name.endswith("bias")]
    return {"train_loss_full": loss, "squared_weights": torch.stack(squares).sum(0)}


def _few_weights(state: RunState) -> dict[str, Tensor]:
    weights = torch.cat([w.flatten(1) for w in state.params.values()], dim=1)
    return {f"w{i}": w for i, w in enumerate(weights.unbind(1))} if weights.shape[1] <= FEW else {}
