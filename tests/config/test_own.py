"""One's own data sets, models and rules: docs/add_a_data_set.md and docs/add_a_model.md, done as they say."""

from __future__ import annotations

import json
import pickle
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from own_code import blocks, own_package
from small_runs import EAGER, Watcher, measured

from hyperopt.cli.main import main
from hyperopt.config import ConfigError, Run, from_canonical, resolve
from hyperopt.data import DataError, load
from hyperopt.engine.costs import largest_pack
from hyperopt.engine.execute import execute
from hyperopt.engine.pack import Pack
from hyperopt.engine.plan import plan
from hyperopt.engine.trainer import train_pack
from hyperopt.engine.workers import Processes
from hyperopt.models import CPU
from hyperopt.optim.rules import find
from hyperopt.records import Store

RINGS, NET = "mypackage.rings:Rings", "mypackage.net:Net"
PUSH = """
from dataclasses import dataclass
from typing import ClassVar

from hyperopt.optim.rules import Rule


@dataclass(frozen=True)
class Push(Rule):
    hyperparameters: ClassVar[dict[str, float]] = {"alpha": 1e-2, "rho": 0.5}
    options: ClassVar[dict] = {"twice": False}
    twice: bool = False

    def update(self, grad, state, hyper, step, param):
        return (1 + self.twice) * hyper["alpha"] * hyper["rho"] * grad, {}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the pages' data set and model in it, and a rule."""
    modules = {
        "rings": blocks("add_a_data_set.md", "python")[0],
        "net": blocks("add_a_model.md", "python")[0],
        "push": PUSH,
    }
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path / "runs"))
    with own_package(tmp_path, monkeypatch, **modules) as here:
        yield here


def own_run(**settings: object) -> Run:
    asked = {"dataset": RINGS, "model": NET, "epochs": 2, **settings}
    return resolve({key.replace("__", "."): value for key, value in asked.items()})


@pytest.mark.parametrize("page", ["add_a_data_set.md", "add_a_model.md"])
@pytest.mark.usefixtures("folder")
def test_the_pages_command_trains(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    [command] = blocks(page, "sh")
    assert main([*command.split()[1:], "workers=1", "format=json"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert "mypackage." in said["config"]["dataset"] + said["config"]["model"]
    assert len(said["metrics"]["train_loss"]) == 2


@pytest.mark.usefixtures("folder")
def test_the_pages_rows_are_a_thousand() -> None:
    names: dict = {}
    exec(blocks("add_a_data_set.md", "python")[1], names)
    rings = names["rings"]
    assert (len(rings.train_x), len(rings.test_x)) == (800, 200)
    assert not torch.equal(rings.train_x, load(RINGS).train_x)
    assert load(RINGS, train=7).train_x.shape == (7, 2)
    assert load(RINGS, generated=True, train=7).train_x.shape == (7, 2)


@pytest.mark.usefixtures("folder")
def test_the_full_name_options_and_version_are_part_of_the_id(monkeypatch: pytest.MonkeyPatch) -> None:
    run = own_run(model__width=16, dataset__noise=0.3, model__dropout=0)
    assert run.canonical()["dataset"] == RINGS
    assert run.canonical()["model.width"] == 16
    assert (run.batch_size, resolve({"dataset": RINGS}).epochs) == (50, 20)
    assert from_canonical(json.loads(json.dumps(run.canonical()))) == run
    assert own_run().id == own_run(model__width=32, dataset__noise=0.1).id
    before = own_run().id
    for module, kind, part in (("rings", "Rings", f"dataset.{RINGS}"), ("net", "Net", f"model.{NET}")):
        monkeypatch.setattr(getattr(sys.modules[f"mypackage.{module}"], kind), "version", 2)
        assert own_run().canonical()["versions"][part] == 2
        assert own_run().id != before


@pytest.mark.usefixtures("folder")
def test_a_pack_trains_as_its_runs_alone(tmp_path: Path) -> None:
    """With batch normalisation and the dropout of the model's own contract."""
    runs = [own_run(alpha=alpha, dataset__train=120) for alpha in (1e-5, 1e-3)]
    together = train_pack(Pack(tuple(runs)), EAGER, tmp_path)
    for run, record in zip(runs, together, strict=True):
        [alone] = train_pack(Pack((run,)), EAGER, tmp_path)
        assert record.metrics["test_error"] == alone.metrics["test_error"]
        assert record.metrics["train_loss"] == pytest.approx(alone.metrics["train_loss"], rel=1e-5)
    [dry] = train_pack(Pack((replace(runs[0], model={**runs[0].model, "dropout": 0.0}),)), EAGER, tmp_path)
    assert measured(dry) != measured(together[0])
    assert largest_pack(runs[0], "cpu") == CPU.pack


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_workers_find_them_too(tmp_path: Path) -> None:
    runs = [own_run(seed=seed, stack="mypackage.push:Push/sgd", rho=0.3) for seed in (0, 1)]
    made = plan(runs, set(), replace(EAGER, pack=1))
    assert pickle.loads(pickle.dumps(made)) == made
    outcome = execute(made, Store(tmp_path / "store"), EAGER, Watcher(), Processes(1))
    assert outcome.records.keys() == {run.id for run in runs}


@pytest.mark.usefixtures("folder")
def test_a_rule_of_ones_own_has_its_keys_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    small = ["dataset=iris", "epochs=1", "workers=1", "--plan"]
    assert main(["run", "-m", "stack=mypackage.push:Push/sgd,sgd/sgd", *small]) == 0
    assert main(["run", "stack=mypackage.push:Push/sgd", "rho=0.3", "twice=true", *small]) == 0
    assert main(["run", "stack=sgd/sgd", "rho=0.3", *small]) == 2
    assert "there is no key 'rho'" in capsys.readouterr().err
    run = resolve({"stack": "mypackage.push:Push/sgd", "rho": 0.3, "twice": True})
    assert (run.numbers, run.habits["twice"], run.tune) == ({"rho": 0.3}, True, ("alpha", "rho"))
    assert from_canonical(run.canonical()) == run


FAULTS = {
    "a dict without ClassVar": (
        PUSH.replace("hyperparameters: ClassVar[dict[str, float]]", "hyperparameters: dict"),
        r"mine\.py\", line 8.*mutable default.*annotated as ClassVar",
    ),
    "a module that leaves": ("import sys\nsys.exit(0)\n", r"mine\.py\", line 2.*SystemExit: 0"),
    "a module that lacks another": ("import nosuchmodule\n", r"mine\.py\", line 1.*No module named 'nosuch"),
    "half a line": ("x = (1 +\n", r"mine\.py\", line 1.*SyntaxError"),
    "hyperparameters that are none": (
        PUSH.replace("hyperparameters: ClassVar[dict[str, float]] = {", "hyperparameters = 5\n    more = {"),
        r"Push has hyperparameters = 5; dict\[str, float\] is expected",
    ),
    "a hyperparameter that is no number": (
        PUSH.replace('"rho": 0.5', '"rho": "half"'),
        r"Push has hyperparameters = {.*half.*}; dict\[str, float\] is expected",
    ),
    "a name that is taken": (PUSH.replace('"rho"', '"seed"'), "seed is a setting of every run"),
}


@pytest.mark.parametrize(("text", "says"), FAULTS.values(), ids=FAULTS)
def test_an_error_in_ones_own_module_is_shown_as_it_is(
    folder: Path, text: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "mypackage" / "mine.py").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"(?s)mypackage\.mine.*{says}"):
        resolve({"stack": "mypackage.mine:Push"})
    assert main(["run", "stack=mypackage.mine:Push"]) == 2
    assert "mypackage.mine" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("@dataclass(frozen=True, kw_only=True)\n", "", r"Net has options \(.*no @dataclass"),
        ("def build(", "def built(", r"its class has no build\(self, shape, classes\)"),
    ],
)
def test_a_model_that_lacks_what_every_model_has_is_refused(
    folder: Path, old: str, new: str, says: str
) -> None:
    text = (folder / "mypackage" / "net.py").read_text(encoding="utf-8")
    assert old in text
    (folder / "mypackage" / "less.py").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"model 'mypackage.less:Net': .*{says}"):
        resolve({"model": "mypackage.less:Net"})


@pytest.mark.parametrize("fault", ["sys.exit(0)", "1 / 0"])
def test_an_error_while_it_trains_says_where(
    folder: Path, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rings = blocks("add_a_data_set.md", "python")[0].replace("generator =", f"{fault}; generator =")
    (folder / "mypackage" / "bad.py").write_text(f"import sys\n{rings}", encoding="utf-8")
    line = 1 + rings.splitlines().index(next(x for x in rings.splitlines() if fault in x)) + 1
    assert main(["run", "dataset=mypackage.bad:Rings", "epochs=1", "workers=1"]) == 1
    assert f"bad.py, line {line}" in capsys.readouterr().err


@pytest.mark.parametrize("compiled", ["true", "false"])
@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "if grad.sum() > 0: pass",
            r"wrong\.py, line 15: update asks for the value of a tensor, .* torch.where, is",
        ),
        ("return grad", r"wrong\.py: update returned Tensor; \(amount to subtract .* is"),
    ],
)
def test_an_update_that_breaks_its_contract_is_told_in_one_sentence(
    folder: Path, line: str, says: str, compiled: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = PUSH.replace("        return (1", f"        {line}\n        return (1")
    (folder / "mypackage" / "wrong.py").write_text(text, encoding="utf-8")
    stack = ["stack=mypackage.wrong:Push/sgd", f"compile={compiled}"]
    assert main(["run", "dataset=iris", "epochs=1", "workers=1", *stack]) == 1
    assert re.search(rf"failed.*: rule Push in [^ ]*{says} expected\. \(det", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("rows: ClassVar[int] = 800", "rows: ClassVar[int] = 900"), "800 of train_x.*900 to train on"),
        (("shape: ClassVar[tuple[int, ...]] = (2,)", "shape: ClassVar = (3,)"), r"shape \(2,\).*\(3,\)"),
        (("integers(2", "integers(3"), "classes from 0 to 2; from 0 to 1"),
    ],
)
def test_rows_that_are_not_as_the_class_says_are_refused(
    folder: Path, change: tuple[str, str], says: str
) -> None:
    text = blocks("add_a_data_set.md", "python")[0].replace(*change)
    (folder / "mypackage" / "other.py").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=says):
        load("mypackage.other:Rings")


def test_dropout_of_torchs_is_refused(folder: Path, tmp_path: Path) -> None:
    text = blocks("add_a_model.md", "python")[0].replace(
        "self.norm = ", "self.drop = nn.Dropout()\n        self.norm = "
    )
    (folder / "mypackage" / "drops.py").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"drop is a Dropout.*takes its masks as `kept`"):
        train_pack(Pack((own_run(model="mypackage.drops:Net"),)), EAGER, tmp_path)


@pytest.mark.usefixtures("folder")
def test_the_path_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = [entry for entry in sys.path if entry not in ("", str(Path.cwd()))]
    monkeypatch.setattr(sys, "path", list(elsewhere))
    find("mypackage.push:Push")
    assert sys.path == elsewhere


def test_records_are_shown_without_the_code_that_made_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", f"dataset={RINGS}", f"model={NET}", "epochs=1", "workers=1"]) == 0
    [id_] = Store(folder / "runs" / "records").ids()
    (folder / "mypackage" / "rings.py").unlink()
    for name in [name for name in sys.modules if name.startswith("mypackage")]:
        del sys.modules[name]
    assert main(["show", id_]) == 0
    assert "mypackage.rings" not in sys.modules
