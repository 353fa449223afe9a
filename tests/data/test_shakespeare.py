"""A text as rows of characters, and a model that reads them from left to right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from hyperopt import models
from hyperopt.config import ConfigError, resolve
from hyperopt.data import DataError, generated
from hyperopt.data.shakespeare import BLOCK, CHARACTERS, FILE, TRAIN, TinyShakespeare, rows_of


def test_a_target_is_the_next_character_and_parts_do_not_overlap() -> None:
    numbers = np.random.default_rng(0).integers(len(CHARACTERS), size=TRAIN + 1000)
    arrays = rows_of("".join(CHARACTERS[i] for i in numbers).encode())
    assert [arrays[p].shape for p in ("train_x", "train_y")] == [(TinyShakespeare.rows, BLOCK)] * 2
    for part, start in (("train", 0), ("test", TRAIN)):
        x, y = arrays[f"{part}_x"].ravel(), arrays[f"{part}_y"].ravel()
        assert (x == numbers[start : start + len(x)]).all()
        assert (y == numbers[start + 1 : start + 1 + len(x)]).all()


def test_another_text_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_text("To be, or not to be")
    with pytest.raises(DataError, match=r"input\.txt is damaged: expected sha256 86c4e6aa"):
        TinyShakespeare.fetch(tmp_path)


def test_a_character_is_told_from_those_before_it_alone() -> None:
    torch.manual_seed(0)
    model = models.build(resolve({"dataset": "tinyshakespeare", "model": "transformer"}).model, (BLOCK,), 65)
    assert 500_000 < sum(p.numel() for p in model.parameters()) < 1_000_000
    x = generated("tinyshakespeare", train=2).train_x
    changed = x.clone()
    changed[:, 40:] = (changed[:, 40:] + 1) % 65
    before, after = model(x), model(changed)
    assert before.shape == (2, 65, BLOCK)
    assert torch.equal(before[..., :40], after[..., :40])
    assert not torch.allclose(before[..., 40:], after[..., 40:])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dataset": "mnist", "model": "transformer"}, "finds classes of characters"),
        ({"dataset": "tinyshakespeare", "model": "mlp"}, "classes of characters"),
        (
            {"dataset": "tinyshakespeare", "model": "transformer", "model.heads": 3},
            "a divisor of model.width",
        ),
    ],
)
def test_what_does_not_fit_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        resolve(settings)
