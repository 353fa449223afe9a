"""Optimizers that tune their own hyperparameters by gradient descent, and five reports about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load"]


def load(*words: str, **options: Any) -> pd.DataFrame:
    """Stored runs as a pandas frame, selected as by `hyperopt runs` (`hyperopt.selection.frames.load`)."""
    from hyperopt.selection import load as load_selected

    return load_selected(*words, **options)
