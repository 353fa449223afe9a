"""Checkpoints, progress and locks of packs in training."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from hyperopt.engine.pack_files import PackFiles, checkpointed_ids, restore


class State(NamedTuple):
    params: dict[str, torch.Tensor]
    clip: torch.Tensor
    step: torch.Tensor


STATE = State(
    {"b": torch.tensor([[1.0, float("nan")], [float("inf"), -0.0]]).T, "a": torch.arange(3.0)},
    torch.tensor([True, False]),
    torch.tensor(2**40),
)


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    files = PackFiles(tmp_path, "pack")
    assert files.load("cpu") is None
    files.save(["x", "y"], 3, STATE, {"metrics": {"train_loss": [[1.0, float("nan")]]}})
    saved = files.load("cpu")
    assert saved is not None
    assert saved.epoch == 3
    assert repr(saved.notes) == "{'metrics': {'train_loss': [[1.0, nan]]}}"
    again = restore(STATE, saved.leaves)
    assert isinstance(again, State)
    assert list(again.params) == ["b", "a"]
    for name, tensor in STATE.params.items():
        assert torch.equal(again.params[name].view(torch.int32), tensor.contiguous().view(torch.int32))
    assert torch.equal(again.clip, STATE.clip)
    assert torch.equal(again.step, STATE.step)
    assert checkpointed_ids(tmp_path) == [["x", "y"]]


def test_more_than_ten_leaves_keep_their_order(tmp_path: Path) -> None:
    files = PackFiles(tmp_path, "pack")
    leaves = [torch.tensor(float(i)) for i in range(120)]
    files.save(["x"], 1, leaves, {})
    saved = files.load("cpu")
    assert saved is not None
    assert [leaf.item() for leaf in saved.leaves] == list(range(120))


@pytest.mark.parametrize("damage", ["empty", "cut in the header", "cut in the data", "garbage"])
def test_a_damaged_checkpoint_is_none(damage: str, tmp_path: Path) -> None:
    whole, files = PackFiles(tmp_path, "whole"), PackFiles(tmp_path, "damaged")
    for each in (whole, files):
        each.save([each.name], 1, STATE, {})
    content = files.checkpoint.read_bytes()
    damaged = {
        "empty": b"",
        "cut in the header": content[:20],
        "cut in the data": content[:-4],
        "garbage": b"\xff" * 64,
    }
    files.checkpoint.write_bytes(damaged[damage])
    assert files.load("cpu") is None
    assert checkpointed_ids(tmp_path) == [["whole"]]


def test_a_crash_while_saving_leaves_the_checkpoint_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = PackFiles(tmp_path, "pack")
    files.save(["x"], 1, STATE, {})

    def crash(leaves: object, path: Path, metadata: object) -> None:
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr("hyperopt.engine.pack_files.save_file", crash)
    with pytest.raises(OSError, match="disk full"):
        files.save(["x"], 2, STATE, {})
    saved = files.load("cpu")
    assert saved is not None
    assert saved.epoch == 1
    assert checkpointed_ids(tmp_path) == [["x"]]


def test_progress_is_what_was_last_reported(tmp_path: Path) -> None:
    files = PackFiles(tmp_path, "pack")
    assert files.reported() is None
    files.report(0)
    assert files.reported() == (0, 0)
    files.report(4, since=3)
    assert PackFiles(tmp_path, "pack").reported() == (4, 3)
    assert PackFiles(tmp_path, "other").reported() is None


def test_a_finished_pack_leaves_neither_checkpoint_nor_progress(tmp_path: Path) -> None:
    files = PackFiles(tmp_path, "pack")
    files.clear()
    files.save(["x"], 1, STATE, {})
    files.report(1)
    files.clear()
    assert checkpointed_ids(tmp_path) == []
    assert files.reported() is None


def test_a_locked_pack_is_locked_until_it_is_let_go(tmp_path: Path) -> None:
    mine, yours, other = (
        PackFiles(tmp_path, "pack"),
        PackFiles(tmp_path, "pack"),
        PackFiles(tmp_path, "other"),
    )
    assert mine.lock(wait=False)
    assert not yours.lock(wait=False)
    assert other.lock(wait=False)
    mine.unlock()
    assert yours.lock(wait=False)
    yours.unlock()
    yours.unlock()
    other.unlock()
