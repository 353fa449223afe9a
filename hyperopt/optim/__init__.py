"""Optimizers that tune their own hyperparameters: update rules, stacks of them, hypergradients between.

Nothing here knows of configs, files or batches of runs, and nothing here imports the rest of the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hyperopt.optim.optimizer import HyperOptimizer

__all__ = ["HyperOptimizer"]


def __getattr__(name: str) -> Any:
    """Import the optimizer, and torch with it, only when it is asked for."""
    if name == "HyperOptimizer":
        from hyperopt.optim.optimizer import HyperOptimizer

        return HyperOptimizer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
