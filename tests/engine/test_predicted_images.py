"""The pictures that a run keeps: input, truth and what the trained net makes of the first test pictures."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from small_runs import EAGER, small_run
from small_unets import data_of, small

from hyperopt.cli.run import json_record
from hyperopt.cli.train import to_json
from hyperopt.data.colours import COLOURS
from hyperopt.engine.pack import Pack
from hyperopt.engine.predicted_images import KEPT, pictures
from hyperopt.engine.program import initial
from hyperopt.engine.trainer import train_pack


def classes_in(picture: bytes) -> torch.Tensor:
    """Classes [pictures, 32, 32] of the colours in a PNG file."""
    with Image.open(BytesIO(picture)) as image:
        pixels = np.asarray(image.convert("RGB"))
    colours = [tuple(round(255 * part) for part in colour) for colour in COLOURS]
    found = torch.tensor([[colours.index(tuple(map(int, p))) for p in row] for row in pixels])
    return torch.stack(found.split(32, dim=1))


def test_pictures_show_input_truth_and_prediction() -> None:
    runs = tuple(small(stack="sgd", alpha=0.1, seed=seed) for seed in (0, 1))
    data = data_of(runs[0])
    training, state = initial(Pack(runs), data, "cpu")
    kept = pictures(training, state, data)
    assert len(kept) == 2
    for i, of_run in enumerate(kept):
        assert torch.equal(classes_in(of_run["truth"]), data.test_y[:KEPT])
        params, buffers = ({k: v[i] for k, v in tree.items()} for tree in (state.params, state.buffers))
        training.model.load_state_dict({**params, **buffers})
        logits = training.model.eval()(data.test_x[:KEPT])
        assert torch.equal(classes_in(of_run["prediction"]), logits.argmax(1))
        with Image.open(BytesIO(of_run["input"])) as image:
            grey = torch.from_numpy(np.asarray(image).astype(float))
        assert torch.allclose(
            torch.stack(grey.split(32, dim=1)) / 255, data.test_x[:KEPT, 0], atol=0.51 / 255
        )
    assert kept[0]["prediction"] != kept[1]["prediction"]


def test_records_keep_them_where_classes_are_colours_and_json_leaves_them_out(tmp_path: Path) -> None:
    (record,) = train_pack(Pack((small(stack="sgd", epochs=1),)), EAGER, tmp_path)
    assert list(record.pictures) == ["input", "truth", "prediction"]
    assert '"pictures"' not in to_json(json_record(record, cached=False))
    (other,) = train_pack(Pack((small_run(epochs=1),)), EAGER, tmp_path)
    assert other.pictures == {}
