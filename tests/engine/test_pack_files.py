"""Checkpoints and progress of packs in training."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from safetensors.torch import save_file
from torture import cases

from hyperopt.durable import StorageError
from hyperopt.engine.heads import checkpointed_ids
from hyperopt.engine.pack_files import PackFiles, restore
from hyperopt.optim.torch_private import tree_leaves


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
    assert files.load(["x", "y"], "cpu") is None
    files.save(["x", "y"], 3, STATE, {"metrics": {"train_loss": [[1.0, float("nan")]]}})
    saved = files.load(["x", "y"], "cpu")
    assert saved is not None
    assert (saved.ids, saved.epoch) == (["x", "y"], 3)
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
    saved = files.load(["x"], "cpu")
    assert saved is not None
    assert [leaf.item() for leaf in saved.leaves] == list(range(120))


def garbled(path: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def with_metadata(**said: str) -> Callable[[Path], None]:
    return lambda path: save_file({"00000": torch.zeros(2)}, path, said)


def instead(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def replace(path: Path) -> None:
        path.unlink()
        make(path)

    return replace


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "cut in the header": lambda path: path.write_bytes(path.read_bytes()[:20]),
    "cut in the data": lambda path: path.write_bytes(path.read_bytes()[:-4]),
    "garbage": lambda path: path.write_bytes(b"\xff" * 64),
    "no metadata": lambda path: save_file({"00000": torch.zeros(2)}, path),
    "ids that are none": with_metadata(ids="7", epoch="1", notes="{}"),
    "ids that are no JSON": with_metadata(ids="[", epoch="1", notes="{}"),
    "an epoch that is none": with_metadata(ids='["damaged"]', epoch="x", notes="{}"),
    "a folder": instead(Path.mkdir),
    "a link": instead(lambda path: path.symlink_to(path.with_name("whole.safetensors"))),
    "a link to nothing": instead(lambda path: path.symlink_to("nowhere")),
    "a pipe": instead(os.mkfifo),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_named_and_set_aside(
    damage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole, files = PackFiles(tmp_path, "whole"), PackFiles(tmp_path, "damaged")
    for each in (whole, files):
        each.save([each.name], 1, STATE, {})
    DAMAGES[damage](files.checkpoint)
    assert files.load(["damaged"], "cpu") is None
    assert [f"{files.checkpoint} is damaged (" in told for told in caplog.messages] == [True]
    assert checkpointed_ids(tmp_path) == [["whole"]], "it is in the way of planning"
    assert files.checkpoint.with_name("damaged.safetensors.damaged").lstat()
    files.save(["damaged"], 2, STATE, {})
    assert files.load(["damaged"], "cpu")


def test_a_checkpoint_with_one_bit_flipped_is_refused_or_none_the_worse(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files, notes, rng = PackFiles(tmp_path, "pack"), {"seconds": [1.5, 2.5]}, random.Random(0)
    for _ in cases(200):
        files.save(["x", "y"], 3, STATE, notes)
        garbled(files.checkpoint, rng)
        caplog.clear()
        saved = files.load(["x", "y"], "cpu")
        if saved is None:
            assert caplog.messages
            assert not files.checkpoint.exists()
            continue
        assert (saved.ids, saved.epoch, saved.notes) == (["x", "y"], 3, notes)
        for leaf, expected in zip(saved.leaves, tree_leaves(STATE), strict=True):
            assert leaf.dtype == expected.dtype
            assert torch.equal(leaf.nan_to_num(7.0), expected.nan_to_num(7.0))


def test_runs_go_on_from_the_furthest_checkpoint_that_holds_them(tmp_path: Path) -> None:
    """Halves of a pack that did not fit go on from where it was."""
    for name, ids, epoch in (("a", ["x", "y", "z"], 5), ("b", ["y", "x"], 2), ("c", ["z"], 9)):
        PackFiles(tmp_path, name).save(ids, epoch, STATE, {})
    saved = PackFiles(tmp_path, "d").load(["z", "x"], "cpu")
    assert saved is not None
    assert (saved.ids, saved.epoch) == (["x", "y", "z"], 5)
    assert PackFiles(tmp_path, "d").load(["x", "w"], "cpu") is None


def test_a_checkpoint_that_vanishes_while_it_is_read_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = PackFiles(tmp_path, "pack")
    files.save(["x"], 1, STATE, {})
    glob = Path.glob

    def finished_meanwhile(self: Path, pattern: str) -> list[Path]:
        found = list(glob(self, pattern))
        files.clear()
        return found

    monkeypatch.setattr(Path, "glob", finished_meanwhile)
    assert checkpointed_ids(tmp_path) == []
    assert files.load(["x"], "cpu") is None


def test_a_crash_while_saving_leaves_the_checkpoint_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = PackFiles(tmp_path, "pack")
    files.save(["x"], 1, STATE, {})

    def crash(leaves: object, path: Path, metadata: object) -> None:
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr("safetensors.torch.save_file", crash)
    with pytest.raises(StorageError, match="cannot be written: disk full"):
        files.save(["x"], 2, STATE, {})
    saved = files.load(["x"], "cpu")
    assert saved is not None
    assert saved.epoch == 1
    assert checkpointed_ids(tmp_path) == [["x"]]


def test_progress_is_what_was_last_reported(tmp_path: Path) -> None:
    files = PackFiles(tmp_path, "pack")
    assert files.reported() is None
    files.report(0)
    assert files.reported() == (0, 0, "training")
    files.report(4, since=3)
    assert PackFiles(tmp_path, "pack").reported() == (4, 3, "training")
    assert PackFiles(tmp_path, "other").reported() is None


def test_a_finished_pack_leaves_neither_checkpoint_nor_progress(tmp_path: Path) -> None:
    files = PackFiles(tmp_path, "pack")
    files.clear()
    files.save(["x"], 1, STATE, {})
    files.report(1)
    files.clear()
    assert checkpointed_ids(tmp_path) == []
    assert files.reported() is None
