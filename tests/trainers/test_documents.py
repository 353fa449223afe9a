"""The lines that docs/optimizer.md has for one's own loop and for each trainer run as they stand."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from loops import batches, net
from torch import distributed
from torch.utils.data import DataLoader

from hyperopt.optim import HyperOptimizer

DOCUMENT = Path(__file__).parents[2] / "docs" / "optimizer.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
SECTION = TEXT.split("## In a trainer\n")[1].split("\n## ")[0]
BLOCKS: dict[str, str] = dict(re.findall(r"^\[([\w.]+)\].*?^```python\n(.*?)^```", SECTION, re.M | re.S))


INLINE = re.compile(r"`(HyperOptimizer\(model\.parameters\(\)[^`]*\))`")


def test_the_first_example_is_a_whole_script(capsys: pytest.CaptureFixture[str]) -> None:
    exec(TEXT.split("```python\n")[1].split("```")[0], {})
    said = re.fullmatch(r"loss (0\.\d+), rate (0\.\d+)\n", capsys.readouterr().out)
    assert said
    assert float(said[1]) < 0.2
    assert float(said[2]) > 0.001


def test_every_optimizer_of_a_line_is_made() -> None:
    lines = INLINE.findall(TEXT)
    assert len(lines) >= 5
    for line in lines:
        assert isinstance(
            eval(line, {"HyperOptimizer": HyperOptimizer, "model": net(), "rate": 1e-4}), HyperOptimizer
        )


@pytest.fixture
def _alone(tmp_path: Path) -> Iterator[None]:
    """A group of one process."""
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/meet", rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


def run(trainer: str, small: tuple[str, str] = ("", "")) -> dict[str, Any]:
    """The names that the lines leave behind, with one of their numbers made small."""
    letters = random.Random(0).choices("to be or not", k=128 * 40)
    names: dict[str, Any] = {
        "torch": torch,
        "HyperOptimizer": HyperOptimizer,
        "model": net(),
        "loader": DataLoader(batches(50), batch_size=None),  # type: ignore[arg-type]
        "text": "".join(letters),
    }
    assert small[0] in BLOCKS[trainer]
    exec(BLOCKS[trainer].replace(*small), names)
    return names


@pytest.mark.filterwarnings("ignore:.*does not have many workers", "ignore:.*LeafSpec:FutureWarning")
@pytest.mark.filterwarnings("ignore:.*tensorboardX")
def test_lightning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [rates] = run("lightning")["monitor"].lrs.values()
    assert len(rates) == 2  # of 100 steps, it logs every fiftieth


@pytest.mark.filterwarnings("ignore:.*pin_memory.* no accelerator")
def test_transformers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    trainer = run("transformers", small=("max_steps=300", "max_steps=2"))["trainer"]
    assert trainer.state.global_step == 2


def test_accelerate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("accelerate")["opt"].param_groups[0]["step"] == 25


@pytest.mark.usefixtures("_alone")
def test_torch_distributed() -> None:
    assert run("torch.distributed")["opt"].param_groups[0]["step"] == 50
