"""Plain training loops of a user's module, for tests of the optimizer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from hyperopt.optim import HyperOptimizer

ROWS, FEATURES, CLASSES = 16, 6, 3


class Net(nn.Module):
    """A user's module: convolution, normalisation, and a linear layer used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(1, 2, 3, padding=1)
        self.norm = nn.LayerNorm(FEATURES)
        self.mix = nn.Linear(FEATURES, FEATURES)
        self.head = nn.Linear(2 * FEATURES, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm(torch.tanh(self.conv(x[:, None])))
        scores: Tensor = self.head(self.mix(torch.tanh(self.mix(h))).flatten(1))
        return scores


def net(seed: int = 0) -> Net:
    torch.manual_seed(seed)
    return Net()


def batches(steps: int, seed: int = 1) -> list[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    centres = torch.randn(CLASSES, FEATURES, generator=generator)
    made = []
    for _ in range(steps):
        y = torch.randint(CLASSES, (ROWS,), generator=generator)
        made.append((centres[y] + torch.randn(ROWS, FEATURES, generator=generator), y))
    return made


def loss_of(module: Callable[[Tensor], Tensor], batch: tuple[Tensor, Tensor]) -> Tensor:
    return F.cross_entropy(module(batch[0]), batch[1])


def trained(
    module: nn.Module,
    optimizer: Optimizer,
    data: list[tuple[Tensor, Tensor]],
    after_step: Callable[[], Any] = lambda: None,
) -> Iterator[dict[str, Tensor]]:
    """The parameters after each step."""
    for batch in data:
        optimizer.zero_grad()
        loss_of(module, batch).backward()
        optimizer.step()
        after_step()
        yield {name: p.detach().clone() for name, p in module.named_parameters()}


def last(
    module: nn.Module, optimizer: Optimizer, data: list[tuple[Tensor, Tensor]], **more: Any
) -> dict[str, Tensor]:
    *_, end = trained(module, optimizer, data, **more)
    return end


def apart(a: dict[str, Tensor], b: dict[str, Tensor]) -> float:
    assert a.keys() == b.keys()
    return max((a[k].double() - b[k].double()).abs().max().item() for k in a)


EXACT = 1e-12


def adams(module: nn.Module, peer: nn.Module, **more: Any) -> tuple[HyperOptimizer, torch.optim.Adam]:
    """Ours without a level above, and torch's."""
    return HyperOptimizer(module.parameters(), "adam", 0.01, **more), torch.optim.Adam(
        peer.parameters(), 0.01
    )
