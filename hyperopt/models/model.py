"""What a model is: its options, the data sets it fits, what training it costs, and how it is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hyperopt.options import Declared

if TYPE_CHECKING:
    from torch import nn

    from hyperopt.data import Dataset


@dataclass(frozen=True)
class Cost:
    """What training a model costs on one kind of device, as plans assume before any run has told.

    Attributes:
        pack: the most runs that train together; 1 where packs do not pay.
        seconds: seconds of a compiled step on the usual minibatch, per run of a pack.
        compile_from: the number of a run's steps from which compiling pays.
        together: whether the runs of a pack are computed as one, rather than one after another.
        constant: the share of these seconds that is the same whatever the rows of a minibatch.
        uncompiled: the seconds of an uncompiled step as a multiple, on a CPU, but for torch's own.
    """

    pack: int
    seconds: float
    compile_from: int = 1000
    together: bool = True
    constant: float = 0.5
    uncompiled: float = 2.5


CPU, CUDA = Cost(pack=16, seconds=1.5e-3), Cost(pack=512, seconds=5e-5, compile_from=15_000)


@dataclass(frozen=True, kw_only=True)
class Model(Declared):
    """A model: its fields are the options that a run may give, its class attributes are facts.

    Dropout: the engine draws its masks, from a run's seed, the step and the layer, so that a run draws the
    same in a pack as alone; torch's own dropout draws otherwise and is refused. A model with dropout has an
    option `dropout`, the probability that a unit is dropped. The module that it builds has an attribute
    `dropped`, the number of units of each layer with dropout, and its `forward(x, kept=())` takes for each
    such layer the units that stay, bool [rows, units], each with probability 1 - dropout; without them, as in
    evaluation, all stay. The module divides what stays by 1 - dropout.

    Batch normalisation is torch's own; the running statistics are part of a run's state.

    Attributes:
        classes_of: what it classifies, "inputs", their "pixels" or "characters".
        costs: what training costs on each device, "cpu" and "cuda".
    """

    group: ClassVar[str] = "model"
    classes_of: ClassVar[str] = "inputs"
    costs: ClassVar[Mapping[str, Cost]] = {"cpu": CPU, "cuda": CUDA}

    def check(self, dataset: type[Dataset]) -> None:
        """Refuse a data set that the model does not fit, and options at odds.

        Raises:
            ConfigError: a sentence with the key, its value and what is expected.
        """

    def build(self, shape: Sequence[int], classes: int) -> nn.Module:
        """The module, its initial weights drawn from torch's default generator.

        Args:
            shape: the shape of one input.
            classes: the number of logits; 1 where targets are numbers.
        """
        raise NotImplementedError

    def seconds(self, device: str, shape: Sequence[int], classes: int) -> float:
        """The seconds of such a step on a device; the other arguments are those of `build`."""
        return self.costs[device].seconds


def size(dataset: type[Dataset]) -> str:
    """The size of a data set's images in words."""
    side = dataset.side()
    return "no images" if side is None else f"{side} x {side}"
