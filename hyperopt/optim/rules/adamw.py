"""AdamW (Loshchilov and Hutter, 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hyperopt.optim.rules.adam import Adam
from hyperopt.optim.rules.weight_decay import WithDecoupledWeightDecay


@dataclass(frozen=True)
class Adamw(WithDecoupledWeightDecay, Adam):
    """Adam with weight decay added to its step, as in torch.optim.AdamW.

        w = w - alpha * m_hat / (sqrt(v_hat) + eps) - alpha * weight_decay * w

    with Adam's m_hat and v_hat.

    References:
        Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019, https://arxiv.org/abs/1711.05101.
    """

    hyperparameters: ClassVar[dict[str, float]] = Adam.hyperparameters | {"weight_decay": 0.01}
