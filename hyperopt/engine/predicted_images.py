"""The pictures that a run stores if the classes of its data set are colours."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.func import vmap

from hyperopt.data import Data, find
from hyperopt.engine.program import alone
from hyperopt.train import RunState, Training

KEPT = 4
"""The number of test pictures."""


def pictures(training: Training, state: RunState, data: Data) -> list[dict[str, bytes]]:
    """Return PNG files of each run's first test pictures side by side: input, truth, prediction."""
    colours = find(data.name).colours
    x, y = data.test_x[:KEPT], data.test_y[:KEPT]
    chunk = 1 if alone(training, x.device.type) else None
    of_runs = vmap(training.outputs, in_dims=(0, 0, None), chunk_size=chunk)
    logits = of_runs(state.params, state.buffers, x)
    same = {"input": _png((255 * x[:, 0]).round(), ()), "truth": _png(y, colours)}
    return [same | {"prediction": _png(classes, colours)} for classes in logits.argmax(dim=2)]


def _png(pixels: Tensor, colours: tuple[tuple[float, ...], ...]) -> bytes:
    """Return pictures [pictures, height, width] side by side, in grey or in these colours."""
    side_by_side: NDArray[np.uint8] = np.concatenate(pixels.cpu().numpy().astype(np.uint8), axis=1)
    image = Image.fromarray(side_by_side)
    if colours:
        image.putpalette([round(255 * part) for colour in colours for part in colour])
    buffer = BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
