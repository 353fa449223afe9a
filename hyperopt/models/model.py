"""The base class of models, and the estimated cost of training one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from hyperopt.options import Declared

if TYPE_CHECKING:
    from torch import nn

    from hyperopt.data import Dataset


@dataclass(frozen=True)
class Cost:
    """The cost of training a model on one kind of device; plans use it until measured times are available.

    Attributes:
        pack: the maximum number of runs in a pack; 1 if packs bring no gain.
        seconds: seconds of a compiled step with the data set's default batch size, per run of a pack.
        compile_from: the number of steps of a run from which compiling pays.
        together: whether a pack is computed as one batch, rather than one run after another.
        constant: the share of `seconds` that does not depend on the batch size.
        uncompiled: the time of an uncompiled CPU step relative to a compiled one, without torch's overhead
            (engine/step_times.py).
    """

    pack: int
    seconds: float
    compile_from: int = 1000
    together: bool = True
    constant: float = 0.5
    uncompiled: float = 2.5


CPU, CUDA = Cost(pack=16, seconds=1.5e-3), Cost(pack=512, seconds=5e-5, compile_from=15_000)
CUDA_LARGE = replace(CUDA, pack=12, seconds=1e-3)
"""For the CNN, the U-net and the transformer. More runs of the CNN have a state too large for captured steps.
On an H200 shared by 12 processes, packs of 7 took 0.4 to 1.4 ms per run."""


@dataclass(frozen=True, kw_only=True)
class Model(Declared):
    """The base class of models. A model's fields are its options in a run; its class attributes are fixed.

    Dropout: the engine draws the masks from the run's seed, the step and the layer, so that a run has the
    same masks in a pack as alone. torch's own dropout would not, and is rejected. A model with dropout has an
    option `dropout`, the probability that a unit is dropped. Its module has an attribute `dropped`, the
    number of units of each layer with dropout. The module's `forward(x, kept=())` takes one mask for each
    such layer, bool [rows, units], which is True for the units to keep, each with probability 1 - dropout.
    In evaluation there are no masks, and all units are kept. The module divides the kept units by
    1 - dropout.

    Batch normalization is torch's own; its running statistics are part of a run's state.

    Attributes:
        classes_of: what the model classifies: "inputs", their "pixels" or "characters".
        costs: the cost of training on each device, "cpu" and "cuda".
    """

    group: ClassVar[str] = "model"
    classes_of: ClassVar[str] = "inputs"
    costs: ClassVar[Mapping[str, Cost]] = {"cpu": CPU, "cuda": CUDA}

    def check(self, dataset: type[Dataset]) -> None:
        """Check that the model fits a data set and that its options are consistent.

        Raises:
            ConfigError: they are not; the message names the key, its value and what is expected.
        """

    def build(self, shape: Sequence[int], classes: int) -> nn.Module:
        """Return the module. Its initial weights are drawn from torch's default generator.

        Args:
            shape: the shape of one input.
            classes: the number of logits; 1 for regression.
        """
        raise NotImplementedError

    def seconds(self, device: str, shape: Sequence[int], classes: int) -> float:
        """Return the seconds of a step (`Cost.seconds`) on a device, for these arguments of `build`."""
        return self.costs[device].seconds


def size(dataset: type[Dataset]) -> str:
    """Return the size of a data set's images in words, such as "28 x 28"."""
    side = dataset.side()
    return "no images" if side is None else f"{side} x {side}"
