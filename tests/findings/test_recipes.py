"""The lines of Python that make a method of the study make what its runs trained."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from hyperopt.config import Run
from hyperopt.experiments import load
from hyperopt.findings.methods import knob
from hyperopt.findings.recipes import recipe_of
from hyperopt.optim import HyperOptimizer
from hyperopt.optim.defaults import default_alphas
from hyperopt.optim.schedule import schedule_of

[IRIS] = load("which_stack/iris")
CELLS = {cell.row: cell for cell in IRIS.cells() if cell.column == "0.01"}
STEPS = 100


def made(row: str, *, rated: bool) -> dict[str, Any]:
    """The names that the lines of a row leave behind."""
    names = {
        "torch": torch,
        "HyperOptimizer": HyperOptimizer,
        "model": torch.nn.Linear(2, 2),
        "rate": 0.01,
        "steps": STEPS,
    }
    lines = recipe_of(CELLS[row].run(0), knob(CELLS[row])[0]).lines(rated=rated)
    exec("\n".join(lines), names)
    return names


def differing(opt: torch.optim.Optimizer, run: Run, alpha: tuple[float, ...], **knob: float) -> list[str]:
    """The settings of an optimizer that are not those of a run with these rates and this knob."""
    [group] = opt.param_groups
    numbers = {**run.numbers, **knob}
    named: dict[str, Any] = dict(group)
    if not isinstance(opt, HyperOptimizer):
        named |= {"alpha": (group.get("initial_lr", group["lr"]),), "stack": type(opt).__name__.lower()}
        betas = dict(zip(("beta1", "beta2"), group["betas"], strict=True))
        named["numbers"] = {**betas, "weight_decay": group["weight_decay"]}
    wanted = {"stack": "/".join(run.stack), "alpha": alpha, "numbers": numbers}
    if isinstance(opt, HyperOptimizer):
        wanted |= {"habits": run.habits, "clip": run.clip, "tune": run.tune}
        wanted |= {key: run.procedure[key] for key in ("multiplicative", "trace", "hypergradient")}
    return [f"{key}: {named[key]}, not {value}" for key, value in wanted.items() if named[key] != value]


@pytest.mark.parametrize("row", CELLS)
def test_the_lines_make_the_optimizer_of_the_runs(row: str) -> None:
    """With the rate of a column where it needs one; else at the default of its own knob."""
    run, (name, default) = CELLS[row].run(0), knob(CELLS[row])
    own = {} if name == "alpha" else {name: default}
    if name == "alpha":
        assert differing(made(row, rated=True)["opt"], run, run.alpha) == []
    alphas = (default_alphas(run.stack)[0], *run.alpha[1:])
    assert differing(made(row, rated=False)["opt"], run, alphas, **own) == []


@pytest.mark.parametrize(("row", "warmup"), [("AdamW, cosine", 0.0), ("AdamW, warm-up and cosine", 0.05)])
def test_the_plan_is_that_of_the_runs(row: str, warmup: float) -> None:
    names, schedule = made(row, rated=True), schedule_of("cosine", warmup, STEPS)
    for step in range(1, STEPS + 1):
        wanted = schedule.scaled(torch.tensor(0.01, dtype=torch.float64), torch.tensor(float(step)))
        assert names["opt"].param_groups[0]["lr"] == pytest.approx(float(wanted), abs=1e-9)
        names["opt"].step()
        names["plan"].step()


def test_only_what_is_not_usual_is_written() -> None:
    said = {
        row: recipe_of(CELLS[row].run(0), knob(CELLS[row])[0]).lines(rated=False)
        for row in ("adam/adam", "adam/adam, clip", "AdamW", "Prodigy", "adam/sgd/sgd, multiplicative")
    }
    assert said == {
        "adam/adam": ('opt = HyperOptimizer(model.parameters(), "adam/adam")',),
        "adam/adam, clip": ('opt = HyperOptimizer(model.parameters(), "adam/adam", clip=True)',),
        "AdamW": ("opt = torch.optim.AdamW(model.parameters())",),
        "Prodigy": ('opt = HyperOptimizer(model.parameters(), "prodigy")',),
        "adam/sgd/sgd, multiplicative": (
            'opt = HyperOptimizer(model.parameters(), "adam/sgd/sgd", alpha=(0.001, 0.1, 0.01),'
            " multiplicative=True)",
        ),
    }
    [own] = [cell for row, cell in CELLS.items() if row.startswith("adamw/adam")]
    recipe = recipe_of(own.run(0), "alpha")
    assert recipe.lines(rated=False) == ("opt = HyperOptimizer(model.parameters())",)
    assert recipe.lines(rated=True) == ("opt = HyperOptimizer(model.parameters(), lr=rate)",)
