"""NAdam with decoupled weight decay (Dozat, 2016; Loshchilov and Hutter, 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hyperopt.optim.rules.nadam import Nadam
from hyperopt.optim.rules.weight_decay import WithDecoupledWeightDecay


@dataclass(frozen=True)
class Nadamw(WithDecoupledWeightDecay, Nadam):
    """NAdam with weight decay added to its step, as in torch.optim.NAdam(decoupled_weight_decay=True).

        w = w - alpha * n / (sqrt(v_hat) + eps) - alpha * weight_decay * w

    with NAdam's n and v_hat.

    References:
        Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019, https://arxiv.org/abs/1711.05101.
    """

    hyperparameters: ClassVar[dict[str, float]] = Nadam.hyperparameters | {"weight_decay": 0.01}
