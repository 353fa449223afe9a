"""Small records for tests of the store, and their text."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from hyperopt.records import Record


def a_record(**changed: Any) -> Record:
    """A record with what is hard to keep: NaN, an infinity, an event without a level."""
    values: dict[str, Any] = {
        "id": "0123456789ab",
        "config": {"stack": "adam/sgd", "alpha": [0.001, 1e-05], "clip": [True], "seed": 0},
        "metrics": {"train_loss": [2.0, math.nan], "test_error": [88.0, 90.2]},
        "hyperparameters": {"0.alpha": [0.001, math.inf]},
        "final": {"train_loss_full": math.nan},
        "diverged": True,
        "seconds": 1.5,
        "steps": 10,
        "made": {"device": "cpu"},
        "events": [{"step": 7, "epoch": 2, "event": "diverged", "level": None}],
    }
    return Record(**values | changed)


def normal(record: Record) -> str:
    """A record as text, its mappings in order of key; NaN and -0.0 differ from null and 0.0."""

    def ordered(value: Any) -> Any:
        if isinstance(value, list):
            return [ordered(v) for v in value]
        return {k: ordered(value[k]) for k in sorted(value)} if isinstance(value, dict) else value

    return repr(replace(record, **{k: ordered(v) for k, v in vars(record).items()}))
