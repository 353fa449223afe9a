"""A rule of one's own: docs/add_a_rule.md, done as it says, in a temporary folder."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from loops import apart, batches, last, net
from own_code import blocks, own_package

from hyperopt.config import ConfigError, from_canonical, resolve
from hyperopt.optim import HyperOptimizer
from hyperopt.optim.rules import RULES, find

PAGE = "add_a_rule.md"
STACK = "mypackage.lion:Lion/sgd"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The page's folder, in which it says to work."""
    with own_package(tmp_path, monkeypatch, lion=blocks(PAGE, "python")[0]) as here:
        yield here


@pytest.mark.usefixtures("folder")
def test_the_pages_lines_train_a_model() -> None:
    model = net()
    names: dict[str, Any] = {"model": model}
    exec(blocks(PAGE, "python")[1], names)
    opt = names["opt"]
    assert isinstance(opt, HyperOptimizer)
    last(model, opt, batches(20))
    learned = opt.hyperparameters()[0]
    assert learned["alpha"] != pytest.approx(1e-3, abs=1e-9)
    assert learned["beta1"] == pytest.approx(0.9)


@pytest.mark.usefixtures("folder", "float64")
def test_the_pages_rule_is_lion() -> None:
    model, twin = net(), net()
    opt = HyperOptimizer(model.parameters(), "mypackage.lion:Lion", 1e-3)
    momenta = {p: torch.zeros_like(p) for p in twin.parameters()}
    for batch in batches(10):
        torch.nn.functional.cross_entropy(twin(batch[0]), batch[1]).backward()
        with torch.no_grad():
            for p, m in momenta.items():
                p.sub_(1e-3 * torch.sign(0.9 * m + 0.1 * p.grad))
                m.mul_(0.99).add_(p.grad, alpha=0.01)
                p.grad = None
    assert apart(last(model, opt, batches(10)), {k: p.detach() for k, p in twin.named_parameters()}) < 1e-12


@pytest.mark.usefixtures("folder")
def test_a_run_has_the_full_name() -> None:
    run = resolve({"stack": STACK, "alpha": "1e-3/1e-7", "beta1": 0.8})
    assert run.stack == ("mypackage.lion:Lion", "sgd")
    assert run.canonical()["stack"] == STACK
    assert from_canonical(run.canonical()) == run
    assert run.tune == ("alpha", "beta1", "beta2")


@pytest.mark.slow
def test_the_pages_command_trains(folder: Path) -> None:
    command = next(line for line in blocks(PAGE, "sh")[0].splitlines() if line.startswith("hyperopt run"))
    small = [
        "dataset.generated=true",
        "dataset.train=512",
        "dataset.test=64",
        "epochs=1",
        "workers=1",
        "format=json",
    ]
    program = Path(sys.executable).with_name("hyperopt")
    home = os.environ | {"HYPEROPT_HOME": str(folder / "runs"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [program, *command.split()[1:], *small],
        capture_output=True,
        text=True,
        cwd=folder,
        env=home,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert STACK in json.dumps(said)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lino", "there is no rule 'lino'"),
        ("nopackage.lion:Lion", "no module 'nopackage.lion' can be imported"),
        ("mypackage.lino:Lion", "no module 'mypackage.lino' can be imported"),
        ("mypackage.lion:Lino", "mypackage.lion has no class 'Lino'"),
        ("mypackage.lion:LINEAR", "has no class 'LINEAR' that is a hyperopt.optim.rules.Rule"),
        (":Lion", "no module ''"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_cannot_be_found_is_said(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        find(name)
    with pytest.raises(ValueError, match=re.escape(name)):
        resolve({"stack": f"{name}/sgd"})


@pytest.mark.usefixtures("folder")
def test_a_module_that_lacks_another_says_so_itself(folder: Path) -> None:
    (folder / "mypackage" / "broken.py").write_text("import nosuchmodule\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="No module named 'nosuchmodule'"):
        find("mypackage.broken:Lion")


OTHER_RESULTS = {
    "an amount alone": (
        "hyper['alpha'] * grad",
        r"Tensor; \(amount to subtract from .*, next state\), a tensor",
    ),
    "three things": ("grad, {}, step", r"\(Tensor, dict, Tensor\); \(amount to subtract"),
    "a number": ("0.1, {'m': grad}", r"\(float, dict\); \(amount to subtract"),
    "another shape": (
        "grad.new_zeros(7), {'m': grad}",
        r"an amount .* shape \[7\]; \[4\], that of the param",
    ),
    "a sum": (
        "grad.sum(), {'m': grad}",
        r"an amount to subtract of shape \[\]; \[4\], that of the parameter",
    ),
    "another state": ("grad, {'n': grad}", r"a next state with names \(n\); those of init \(m\) are"),
}


@pytest.mark.parametrize("result", OTHER_RESULTS)
@pytest.mark.parametrize("above", ["", "/sgd"])
def test_an_update_that_returns_something_else_is_told_by_class_and_file(
    folder: Path, result: str, above: str
) -> None:
    returned, says = OTHER_RESULTS[result]
    text = blocks(PAGE, "python")[0].replace(
        'return hyper["alpha"] * c.sign(), {"m": m}', f"return {returned}"
    )
    module = result.replace(" ", "_")
    (folder / "mypackage" / f"{module}.py").write_text(text, encoding="utf-8")
    param = torch.nn.Parameter(torch.ones(4))
    opt = HyperOptimizer([param], f"mypackage.{module}:Lion{above}")
    param.grad = torch.ones(4)
    with pytest.raises(ConfigError, match=rf"^rule Lion in .*{module}\.py: update returned {says}.* exp"):
        opt.step()
    assert torch.equal(param, torch.ones(4))


def test_names_of_the_packages_rules() -> None:
    assert all(find(name) is rule for name, rule in RULES.items())
