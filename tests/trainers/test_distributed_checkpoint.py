"""torch.distributed.checkpoint: saved at any step, in any of its ways, training goes on as if it were not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from loops import apart, batches, last, net
from torch import nn
from torch.distributed.checkpoint import state_dict as dcp
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save

from hyperopt.optim import HyperOptimizer

Pair = tuple[nn.Module, HyperOptimizer]

SAVED_AT = {"before step 1": 0, "after step 1": 1, "later": 5}
OPTIONS = {
    "nested": dcp.StateDictOptions(),
    "flattened": dcp.StateDictOptions(flatten_optimizer_state_dict=True),
    "whole": dcp.StateDictOptions(full_state_dict=True),
}


class Partly(nn.Module):
    """A net with a layer that is frozen, and one that no loss depends on."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.net = net(seed)
        self.net.norm.requires_grad_(False)
        self.unused = nn.Linear(2, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.net(x)
        return scores


def made(seed: int = 0) -> Pair:
    module = Partly(seed)
    head = [*module.net.head.parameters(), *module.unused.parameters()]
    body = [p for name, p in module.named_parameters() if "head" not in name and "unused" not in name]
    groups: list[dict[str, Any]] = [{"params": body}, {"params": head, "stack": "sgd/sgd", "lr": 0.1}]
    return module, HyperOptimizer(groups, "adam/sgd", (0.01, 1e-3), clip=True)


def directly(pair: Pair, options: dcp.StateDictOptions, folder: Path) -> Pair:
    """A state dict of the one is given to the other."""
    module, opt = made(seed=7)
    model, optim = dcp.get_state_dict(*pair, options=options)
    dcp.set_state_dict(module, opt, model_state_dict=model, optim_state_dict=optim, options=options)
    return module, opt


def through_a_folder(pair: Pair, options: dcp.StateDictOptions, folder: Path) -> Pair:
    """A checkpoint is loaded into the state dict of the other, as torch's tutorial has it."""
    model, optim = dcp.get_state_dict(*pair, options=options)
    save({"model": model, "optim": optim}, checkpoint_id=folder, no_dist=True)
    module, opt = made(seed=7)
    model, optim = dcp.get_state_dict(module, opt, options=options)
    load({"model": model, "optim": optim}, checkpoint_id=folder, no_dist=True)
    dcp.set_state_dict(module, opt, model_state_dict=model, optim_state_dict=optim, options=options)
    return module, opt


@pytest.mark.parametrize("way", [directly, through_a_folder])
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("when", SAVED_AT)
@pytest.mark.filterwarnings("ignore:torch.distributed is:UserWarning")
def test_goes_on_as_if_it_had_not_been_saved(
    when: str, options: str, way: Callable[..., Pair], tmp_path: Path
) -> None:
    steps = SAVED_AT[when]
    data = batches(10)
    uninterrupted, saved = made(), made()
    if steps:
        last(*uninterrupted, data[:steps])
        last(*saved, data[:steps])
    loaded = way(saved, OPTIONS[options], tmp_path)
    end = last(*uninterrupted, data[steps:])
    for pair in (saved, loaded):
        assert apart(last(*pair, data[steps:]), end) == 0
        assert [pair[1].hyperparameters(i) for i in (0, 1)] == [
            uninterrupted[1].hyperparameters(i) for i in (0, 1)
        ]
