"""The record of a run."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("config", pa.string()),
        ("metrics", pa.map_(pa.string(), pa.list_(pa.float64()))),
        ("hyperparameters", pa.map_(pa.string(), pa.list_(pa.float64()))),
        ("final", pa.map_(pa.string(), pa.float64())),
        ("diverged", pa.bool_()),
        (
            "events",
            pa.list_(
                pa.struct(
                    [
                        ("step", pa.int64()),
                        ("epoch", pa.int64()),
                        ("event", pa.string()),
                        ("level", pa.int64()),
                    ]
                )
            ),
        ),
        ("seconds", pa.float64()),
        ("steps", pa.int64()),
        ("made", pa.map_(pa.string(), pa.string())),
        ("pictures", pa.map_(pa.string(), pa.binary())),
        ("by_step", pa.map_(pa.string(), pa.list_(pa.float64()))),
    ]
)


@dataclass(frozen=True)
class Record:
    """One finished run.

    Attributes:
        id: the hash of `config`.
        config: the run's canonical form.
        metrics: by name, one number per epoch. `train_loss` and `train_error` are means over the epoch's
            minibatches, each before the step on it; `test_loss` and `test_error` are measured after the
            epoch; errors are in percent. `learning_rate` is the epoch's mean of the rate applied to the
            weights. If the run requests them, there are `train_loss_full`, over the whole training set, and
            `squared_weights`, a sum without biases. A model of few weights has `w0`, `w1`, ... A rule of
            level 0 may add its own diagnostics.
        hyperparameters: by "level.name", level 0 at the bottom, the value after each epoch in natural units.
        final: `train_loss_full` and `squared_weights` after the last epoch. A run that stops at a loss has
            `crossed_at`, the step of the first minibatch with that loss, infinite if there was none.
        diverged: whether a loss, weight or hyperparameter was not finite.
        events: events and their times; steps and epochs are counted from 1, level 0 is at the bottom.
        seconds: time in the training loop, without evaluation and compiling; the time of the pack divided by
            the number of its runs.
        steps: number of weight updates.
        made: provenance: command, commit, versions, device, pack size, start, fingerprint of the data.
        pictures: if the data set's classes are colours, PNG files that show its first test pictures side by
            side: `input`, `truth`, and `prediction` after the last epoch.
        by_step: if requested (`record_every=50`), by name a number for each recorded `step`: `train_loss`,
            the mean over the epoch's minibatches since the previous recorded step, and every hyperparameter
            by "level.name". Empty in most records, and not published.
    """

    id: str
    config: dict[str, Any]
    metrics: dict[str, list[float]]
    hyperparameters: dict[str, list[float]]
    final: dict[str, float]
    diverged: bool
    seconds: float
    steps: int
    made: dict[str, str]
    events: list[dict[str, Any]] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)
    by_step: dict[str, list[float]] = field(default_factory=dict)


def same(one: float | None, other: float | None) -> bool:
    """Return whether two numbers of records are equal, both NaN, or both absent."""
    if one is None or other is None:
        return one is other
    return one == other or (math.isnan(one) and math.isnan(other))
