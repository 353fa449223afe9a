"""Optimizers that tune their own hyperparameters by gradient descent; reproductions of five reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from hyperopt.optim.optimizer import HyperOptimizer

    __version__: str

__all__ = ["HyperOptimizer", "__version__", "load"]


def load(*words: str, **options: Any) -> pd.DataFrame:
    """Return stored runs as a pandas frame, selected as in `hyperopt runs` (see `selection.frames.load`)."""
    from hyperopt.selection import load as load_selected

    return load_selected(*words, **options)


def __getattr__(name: str) -> Any:
    """Import the optimizer (and with it torch), or look up the version, on first access."""
    if name == "HyperOptimizer":
        from hyperopt.optim.optimizer import HyperOptimizer

        return HyperOptimizer
    if name == "__version__":
        from hyperopt.provenance import installed

        return installed("hyperopt-stacks")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
