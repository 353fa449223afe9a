"""Random streams fixed by a run's seed alone, whatever its stack, clip or pack."""

from __future__ import annotations

import numpy as np
import torch

STREAMS = {"weights": 0, "batches": 1, "draws": 2}


def stream(seed: int, name: str, index: int = 0) -> int:
    """A 63-bit seed for the named stream of a run's seed."""
    sequence = np.random.SeedSequence([seed, STREAMS[name], index])
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))


def batch_order(seed: int, epoch: int, rows: int) -> torch.Tensor:
    """The order in which `rows` training rows are seen in an epoch (counted from 0), int64 [rows]."""
    generator = torch.Generator().manual_seed(stream(seed, "batches", epoch))
    return torch.randperm(rows, generator=generator)
