"""What a group shows is what is used, however it came there: written, loaded, or put into `param_groups`."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from hyperopt.optim import HyperOptimizer

pytestmark = pytest.mark.usefixtures("float64")

Group = dict[str, Any]

EDITS: dict[str, Callable[[HyperOptimizer, Group], Any]] = {
    "written": lambda opt, edits: opt.param_groups[1].update(edits),
    "loaded": lambda opt, edits: load_edited(opt, edits),
    "a dict for a group": lambda opt, edits: opt.param_groups.__setitem__(
        1, dict(opt.param_groups[1]) | edits
    ),
    "a dict that is written to": lambda opt, edits: write_to_a_dict(opt, edits),
    "dicts for all": lambda opt, edits: setattr(
        opt, "param_groups", [dict(g) | (edits if i else {}) for i, g in enumerate(opt.param_groups)]
    ),
}


def load_edited(opt: HyperOptimizer, edits: Group) -> None:
    saved = copy.deepcopy(opt.state_dict())
    saved["param_groups"][1].update(edits)
    opt.load_state_dict(saved)


def write_to_a_dict(opt: HyperOptimizer, edits: Group) -> None:
    opt.param_groups[1] = dict(opt.param_groups[1])
    opt.param_groups[1].update(edits)


@pytest.mark.parametrize("way", EDITS)
@pytest.mark.parametrize("edits", [{"lr": 0.5}, {"lr": 0.0}, {"betas": (0.5, 0.9)}, {}], ids=str)
def test_what_a_group_shows_is_used_however_it_came_there(way: str, edits: Group) -> None:
    """As if it had been written to the group."""
    ends = []
    for each in ("written", way):
        params = [nn.Parameter(torch.ones(3)) for _ in range(2)]
        opt = HyperOptimizer([{"params": [p]} for p in params], "adam/sgd", (0.01, 1e-4))
        for k in range(6):
            if k == 3:
                EDITS[each](opt, edits)
                assert all(opt.param_groups[1][key] == pytest.approx(edits[key]) for key in edits)
            for p in params:
                p.grad = 2 * p.detach()
            opt.step()
        ends.append((torch.stack([p.detach() for p in params]), opt.hyperparameters(1)))
    assert torch.equal(ends[0][0], ends[1][0])
    assert ends[0][1] == ends[1][1]


def test_groups_that_were_copied_take_what_is_written() -> None:
    weight = nn.Parameter(torch.ones(3))
    opt = HyperOptimizer([weight], "adam/sgd", (0.01, 1e-4))
    opt.param_groups = copy.deepcopy(opt.param_groups)
    group = opt.param_groups[0]
    group["lr"] = 0.5
    copied = group["params"][0]
    copied.grad = torch.ones(3)
    opt.step()
    assert copied.detach() == pytest.approx(torch.full((3,), 0.5))
    assert opt.hyperparameters()[0]["alpha"] == 0.5
