"""The verified cache: fetched once, checked every time, where it lies."""

import hashlib
import threading
import time
from typing import Any

import pytest
from small_data import in_place, same

from hyperopt import data
from hyperopt.data import DATASETS, cache, sources
from hyperopt.data.dataset import PARTS
from hyperopt.data.errors import DamagedError
from hyperopt.data.fingerprints import short


@pytest.fixture
def mnist(monkeypatch):
    """A small MNIST in the place of the real one."""
    return in_place("mnist", monkeypatch)


def only(arrays, calls=None, seconds=0.0):
    """Sources with one in it, which counts its calls."""

    def fetch():
        time.sleep(seconds)
        if calls is not None:
            calls.append(1)
        return arrays

    return lambda root: [sources.Source("fake", fetch)]


def test_data_are_fetched_once(tmp_path, mnist, monkeypatch):
    spec, arrays = mnist
    calls: list[Any] = []
    monkeypatch.setattr(spec, "sources", only(arrays, calls))
    data.prepare("mnist", root=tmp_path)
    data.prepare("mnist", root=tmp_path)
    assert same(spec.read(tmp_path), arrays)
    assert len(calls) == 1
    data.prepare("mnist", root=tmp_path, refetch=True)
    assert len(calls) == 2


def test_cached_files_have_the_published_checksum(tmp_path, mnist, monkeypatch):
    spec, arrays = mnist
    monkeypatch.setattr(spec, "sources", only(arrays))
    data.prepare("mnist", root=tmp_path)
    for part in PARTS:
        content = (tmp_path / "arrays" / "mnist" / f"{part}.u8").read_bytes()
        assert hashlib.sha256(content).hexdigest() == spec.kept[part].sha256


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-7], lambda b: b[:100] + bytes([b[100] ^ 1]) + b[101:], lambda b: b""]
)
def test_a_damaged_cache_is_named_and_replaced_on_request(tmp_path, mnist, monkeypatch, damage):
    spec, arrays = mnist
    monkeypatch.setattr(spec, "sources", only(arrays))
    data.prepare("mnist", root=tmp_path)
    path = tmp_path / "arrays" / "mnist" / "train_x.u8"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DamagedError) as error:
        data.load("mnist", root=tmp_path)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    assert f"{path} is damaged" in str(error.value)
    assert f"expected sha256 {spec.kept['train_x'].sha256}, found {found}" in str(error.value)
    assert "`hyperopt data mnist --refetch` replaces it" in str(error.value)
    assert data.describe("mnist", root=tmp_path).state == "damaged"
    data.prepare("mnist", root=tmp_path, refetch=True)
    assert same(spec.read(tmp_path), arrays)


def test_of_two_that_start_at_once_one_fetches(tmp_path, mnist, monkeypatch):
    spec, arrays = mnist
    calls: list[Any] = []
    results: list[Any] = []
    monkeypatch.setattr(spec, "sources", only(arrays, calls, seconds=0.2))
    threads = [threading.Thread(target=lambda: results.append(spec.read(tmp_path))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert len(results) == 3
    assert all(same(result, arrays) for result in results)


def test_a_folder_that_cannot_be_written_is_told(tmp_path, mnist):
    (tmp_path / "file").touch()
    with pytest.raises(
        data.DataError, match=r"The data folder .*file/data cannot be written: .*HYPEROPT_DATA"
    ):
        data.load("mnist", root=tmp_path / "file" / "data")


def test_where_data_lie(monkeypatch, tmp_path):
    monkeypatch.setenv("HYPEROPT_DATA", str(tmp_path))
    assert cache.data_root() == tmp_path
    monkeypatch.delenv("HYPEROPT_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.data_root() == tmp_path / "hyperopt" / "data"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.data_root() == tmp_path / ".cache" / "hyperopt" / "data"


def test_describe_fetches_nothing(tmp_path):
    status = data.describe("mnist", root=tmp_path)
    assert (status.state, status.size, status.path) == ("absent", 0, tmp_path / "arrays" / "mnist")
    assert data.describe("iris", root=tmp_path).state == "verified"
    assert not list(tmp_path.iterdir())


def test_the_fingerprint_of_a_data_set_does_not_change():
    published = {"mnist": "c473ce9de4170e6f", "cifar10": "e1646650b961b3ee", "cifar100": "bb2ddff276f1c1ad"}
    published["cifar10_horses"] = "c7383c9f9b3075bd"
    for name, fingerprint in published.items():
        spec = DATASETS[name]
        assert short(spec.kept[part].sha256 for part in PARTS) == fingerprint
    assert data.load("iris").fingerprint == data.load("iris", test=True).fingerprint == "dd2c81158bc38fc1"
