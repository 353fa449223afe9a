"""Data sets of a few rows under a real one's name, and files of them in the formats that sources have."""

import hashlib
import json
import pickle

import numpy as np
from PIL import Image
from torchvision import datasets

from hyperopt.data import DATASETS, idx, synthetic
from hyperopt.data.dataset import PARTS
from hyperopt.data.fingerprints import ArraySpec, sha256


def small(name, train=24, test=12):
    """A data set of a few random rows that is else as a real one, and its arrays."""
    real = DATASETS[name]
    arrays = synthetic.arrays(real, train, test, seed=1)
    stored = {part: real.kept[part].shape[1:] for part in PARTS}
    arrays = {part: a.astype(np.uint8).reshape(-1, *stored[part]) for part, a in arrays.items()}
    return type("Small", (real,), {"name": name, "rows": train, "kept": kept_of(arrays)}), arrays


def kept_of(arrays):
    """What a data set with these arrays says of them."""
    return {part: ArraySpec(a.shape, sha256(a)) for part, a in arrays.items()}


def in_place(name, monkeypatch):
    """A small data set in the place of the real one, for as long as a test runs; it, and its arrays."""
    kind, arrays = small(name)
    monkeypatch.setitem(DATASETS, name, kind)
    return kind, arrays


def write_idx(folder, arrays):
    folder.mkdir(parents=True)
    for part, array in arrays.items():
        header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
        (folder / idx.FILES[part]).write_bytes(header + array.tobytes())


def write_sheets(folder, arrays):
    def sheet(name, images):
        Image.fromarray(images.reshape(-1, 3, 1024).transpose(0, 2, 1)).save(folder / name)

    for i, images in enumerate(np.split(arrays["train_x"], 5), start=1):
        sheet(f"data_batch_{i}.png", images)
    sheet("test_batch.png", arrays["test_x"])
    (folder / "train_lables.json").write_text(json.dumps(arrays["train_y"].tolist()))
    (folder / "test_lables.json").write_text(json.dumps(arrays["test_y"].tolist()))


def write_cifar(root, name, arrays, monkeypatch):
    """torchvision's layout of CIFAR-10 or CIFAR-100, and its checksums of these files."""
    kind, labels = {
        "cifar10": (datasets.CIFAR10, "labels"),
        "cifar100": (datasets.CIFAR100, "fine_labels"),
    }[name]
    folder = root / kind.base_folder
    folder.mkdir(parents=True)

    def write(file, content):
        (folder / file).write_bytes(pickle.dumps(content))
        return hashlib.md5((folder / file).read_bytes()).hexdigest()

    def batches(part, files):
        images = np.array_split(arrays[f"{part}_x"].reshape(-1, 3072), len(files))
        classes = np.array_split(arrays[f"{part}_y"], len(files))
        for (file, _), x, y in zip(files, images, classes, strict=True):
            coarse = {} if name == "cifar10" else {"coarse_labels": (y // 5).tolist()}
            yield [file, write(file, {"data": x, labels: y.tolist(), **coarse})]

    monkeypatch.setattr(kind, "train_list", list(batches("train", kind.train_list)))
    monkeypatch.setattr(kind, "test_list", list(batches("test", kind.test_list)))
    names = write(kind.meta["filename"], {kind.meta["key"]: [str(i) for i in range(100)]})
    monkeypatch.setattr(kind, "meta", {**kind.meta, "md5": names})
    return folder


def same(found, expected):
    return all(np.array_equal(found[part], expected[part]) for part in PARTS)
