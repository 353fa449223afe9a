"""The formats that data sets come in, and their checksums."""

import pytest
from small_data import same, small, write_cifar, write_idx, write_sheets

from hyperopt.data import idx, sheets, vision
from hyperopt.data.errors import DamagedError
from hyperopt.data.fingerprints import check_all


def test_idx_files_are_read(tmp_path):
    spec, arrays = small("mnist")
    write_idx(tmp_path / "raw", arrays)
    assert same(idx.read(tmp_path / "raw", spec.kept), arrays)


def test_sheets_are_read(tmp_path):
    spec, arrays = small("cifar10", train=25)
    write_sheets(tmp_path, arrays)
    assert same(check_all("cifar10", "sheets", sheets.read(tmp_path), spec.kept), arrays)


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_torchvisions_layout_is_read(name, tmp_path, monkeypatch):
    spec, arrays = small(name)
    write_cifar(tmp_path, name, arrays, monkeypatch)
    assert same(check_all(name, "files", vision.read_cifar(name, tmp_path), spec.kept), arrays)


@pytest.mark.parametrize(
    "damage",
    [
        lambda a: {**a, "train_x": a["train_x"][:, ::-1]},  # BGR
        lambda a: {**a, "train_x": a["train_x"].transpose(0, 1, 3, 2)},  # columns before rows
        lambda a: {**a, "test_y": a["test_y"][::-1]},  # another order
        lambda a: {**a, "test_x": a["test_x"][:-1]},  # a row short
    ],
)
@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_a_wrong_order_is_noticed(name, damage):
    spec, arrays = small(name)
    check_all(name, "here", arrays, spec.kept)
    with pytest.raises(
        DamagedError, match=rf"{name} (train_x|test_y|test_x) from here is damaged.*expected sha256"
    ):
        check_all(name, "here", damage(arrays), spec.kept)


def test_a_damaged_pickle_is_named_and_not_opened(tmp_path, monkeypatch):
    _, arrays = small("cifar100")
    path = write_cifar(tmp_path, "cifar100", arrays, monkeypatch) / "test"
    path.write_bytes(b"no pickle")
    with pytest.raises(
        DamagedError, match=r"cifar-100-python/test is damaged: expected md5 \w+, found \w+\."
    ):
        vision.read_cifar("cifar100", tmp_path)
