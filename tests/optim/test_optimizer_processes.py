"""Processes that share gradients, or parameters too, learn the rates of one process with all rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from forked import forking
from loops import apart, batches, last, loss_of, net
from torch import Tensor, distributed, multiprocessing, nn
from torch.distributed.checkpoint import state_dict as dcp
from torch.distributed.fsdp import FullyShardedDataParallel, fully_shard
from torch.distributed.optim import ZeroRedundancyOptimizer
from torch.distributed.tensor import DTensor, Partial, init_device_mesh
from torch.nn.parallel import DistributedDataParallel

from hyperopt.optim import HyperOptimizer

pytestmark = [
    pytest.mark.usefixtures("float64"),
    pytest.mark.skipif(not distributed.is_gloo_available(), reason="torch without gloo"),
]

STEPS, WORLD = 6, 2
STACKS: dict[str, dict[str, Any]] = {
    "adam/sgd": {"alpha": (0.01, 1e-3), "clip": True},
    "sgd/sgd/sgd": {"alpha": (0.1, 1e-2, 1e-3), "weight_decay": 1e-2, "momentum": 0.9},
    "adamw/adam": {"alpha": (0.01, 0.01), "tune": "alpha", "trace": 0.9, "hypergradient": "cosine"},
}
RESUMED = {
    "parts": dcp.StateDictOptions(),
    "flattened": dcp.StateDictOptions(flatten_optimizer_state_dict=True),
    "whole tensors": dcp.StateDictOptions(full_state_dict=True),
}


def optimizer(module: nn.Module, stack: str) -> HyperOptimizer:
    """Of two groups, whose rates come to differ."""
    heads = [p for name, p in module.named_parameters() if "head" in name]
    others = [p for name, p in module.named_parameters() if "head" not in name]
    return HyperOptimizer([{"params": others}, {"params": heads}], stack, **STACKS[stack])


def whole(tensor: Tensor) -> Tensor:
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor.detach().clone()


def ends(module: nn.Module, opt: HyperOptimizer) -> dict[str, Any]:
    weights = {k.removeprefix("module."): whole(p) for k, p in module.named_parameters()}
    return {"weights": weights, "hyper": [opt.hyperparameters(i) for i in range(len(opt.param_groups))]}


def train(module: nn.Module, opt: HyperOptimizer, rank: int, first: int = 0) -> None:
    for x, y in batches(STEPS)[first:]:
        opt.zero_grad()
        loss_of(module, (x[rank::WORLD], y[rank::WORLD])).backward()
        opt.step()


def sharded() -> nn.Module:
    module = net()
    fully_shard(module.mix)
    fully_shard(module)
    return module


def sharded_late(stack: str) -> tuple[nn.Module, HyperOptimizer]:
    """Sharded once its optimizer is there, which then is given the new parameters, as accelerate does it."""
    module = net()
    names = {p: name for name, p in module.named_parameters()}
    opt = optimizer(module, stack)
    fully_shard(module)
    new = dict(module.named_parameters())
    for group in opt.param_groups:
        group["params"] = [new[names[p]] for p in group["params"]]
    return module, opt


def resumed(rank: int, options: dcp.StateDictOptions) -> dict[str, Any]:
    """As trained without a break, by way of torch's distributed state dicts."""
    module, again = sharded(), sharded()
    opt = optimizer(module, "adam/sgd")
    for x, y in batches(STEPS)[:3]:
        opt.zero_grad()
        loss_of(module, (x[rank::WORLD], y[rank::WORLD])).backward()
        opt.step()
    opt_again = optimizer(again, "adam/sgd")
    weights, state = dcp.get_state_dict(module, opt, options=options)
    dcp.set_state_dict(again, opt_again, model_state_dict=weights, optim_state_dict=state, options=options)
    train(again, opt_again, rank, first=3)
    return ends(again, opt_again)


def said(make: Callable[[], Any]) -> str:
    try:
        make()
    except ValueError as error:
        return str(error)
    return "nothing"


def partial() -> HyperOptimizer:
    mesh = init_device_mesh("cpu", (WORLD,))
    return HyperOptimizer([nn.Parameter(DTensor.from_local(torch.ones(3), mesh, [Partial()]))])


def as_zero_has_it() -> None:
    group = HyperOptimizer(net().parameters()).param_groups[0]
    group["params"] = [nn.Parameter(torch.cat([p.flatten() for p in group["params"]]).chunk(WORLD)[0])]


def stepped_by_zero() -> None:
    module = net()
    opt = ZeroRedundancyOptimizer(module.parameters(), HyperOptimizer, stack="adam/sgd", alpha=(0.1, 0.05))
    module(torch.ones(1, 6)).sum().backward()
    opt.step()


def refused() -> dict[str, str]:
    flat = FullyShardedDataParallel(net(), device_id=torch.device("cpu"))
    original = FullyShardedDataParallel(net(), device_id=torch.device("cpu"), use_orig_params=True)
    return {
        "fsdp1": said(lambda: HyperOptimizer(flat.parameters())),
        "fsdp1 with its original parameters": said(lambda: HyperOptimizer(original.parameters())),
        "zero": said(stepped_by_zero),
        "partial": said(partial),
        "deepspeed": said(as_zero_has_it),
        "rule": said(lambda: HyperOptimizer(sharded().parameters(), "hellinger3")),
    }


def worker(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=WORLD)
    found: dict[str, Any] = {}
    for stack in STACKS:
        for kind, module in (("ddp", DistributedDataParallel(net())), ("fsdp2", sharded())):
            opt = optimizer(module, stack)
            train(module, opt, rank)
            found[f"{kind} {stack}"] = ends(module, opt)
        module, opt = sharded_late(stack)
        train(module, opt, rank)
        found[f"fsdp2, late {stack}"] = ends(module, opt)
    for way, options in RESUMED.items():
        found[way] = resumed(rank, options)
    found["refused"] = refused()
    torch.save(found, Path(folder) / str(rank))
    distributed.destroy_process_group()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the two processes found."""
    folder = tmp_path_factory.mktemp("processes")
    forking()
    multiprocessing.start_processes(worker, (str(folder),), nprocs=WORLD, start_method="forkserver")
    first, second = (torch.load(folder / str(rank), weights_only=True) for rank in range(WORLD))
    return first, second


def same(ours: dict[str, Any], theirs: dict[str, Any], rel: float) -> None:
    assert apart(ours["weights"], theirs["weights"]) <= rel
    for group, other in zip(ours["hyper"], theirs["hyper"], strict=True):
        for level, level_other in zip(group, other, strict=True):
            assert level == pytest.approx(level_other, rel=rel)


@pytest.mark.slow
@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("kind", ["ddp", "fsdp2", "fsdp2, late"])
def test_two_processes_are_one(found: Any, kind: str, stack: str) -> None:
    first, second = (of_rank[f"{kind} {stack}"] for of_rank in found)
    same(first, second, rel=0)
    module = net()
    opt = optimizer(module, stack)
    last(module, opt, batches(STEPS))
    same(ends(module, opt), first, rel=1e-12)
    assert opt.hyperparameters(0) != opt.hyperparameters(1)


@pytest.mark.parametrize("way", RESUMED)
def test_sharded_training_goes_on_from_a_distributed_state_dict(found: Any, way: str) -> None:
    for of_rank in found:
        same(of_rank[way], of_rank["fsdp2 adam/sgd"], rel=0)


def test_what_does_not_say_where_the_rest_lies_is_refused(found: Any) -> None:
    says = {
        "fsdp1": "flattened by FullyShardedDataParallel",
        "fsdp1 with its original parameters": "flattened by FullyShardedDataParallel",
        "zero": "in a ZeroRedundancyOptimizer",
        "partial": "sharded or replicated ones are expected",
        "deepspeed": "as DeepSpeed's ZeRO has it",
        "rule": "whole parameters are expected",
    }
    for of_rank in found:
        assert of_rank["refused"].keys() == says.keys()
        for what, sentence in says.items():
            assert re.search(sentence, of_rank["refused"][what]), of_rank["refused"][what]


def test_a_parameter_of_deepspeed_is_refused() -> None:
    weight = nn.Parameter(torch.zeros(0))
    weight.ds_id = 3  # as deepspeed.zero.Init marks a parameter whose elements it has handed out
    with pytest.raises(ValueError, match="partitioned by DeepSpeed's ZeRO"):
        HyperOptimizer([weight])
