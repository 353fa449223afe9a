"""Parameters of which each process holds a part: their parts here, and sums over all of them.

A `DTensor`, which is what FSDP2's `fully_shard` makes of a parameter, says where its elements lie. What else
hands parts out to processes does not, and is refused: each process would learn rates of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

import torch
from torch import Tensor

from hyperopt.optim.errors import ConfigError
from hyperopt.optim.level import Tree
from hyperopt.optim.torch_private import is_of_fsdp1

if TYPE_CHECKING:
    from torch.distributed.tensor import DTensor

Layout = tuple[Any, tuple[Any, ...]]
"""A DeviceMesh, and a Placement for each of its dimensions."""

PARTITIONER = "torch.distributed.optim.zero_redundancy_optimizer"


def is_sharded(tensor: Tensor) -> TypeGuard[DTensor]:
    """Whether it is a DTensor. That module takes half a second to import, so it is not imported to ask."""
    module = sys.modules.get("torch.distributed.tensor")
    return module is not None and isinstance(tensor, module.DTensor)


def local(tensor: Tensor) -> Tensor:
    """The part of a tensor that lies here, which shares its memory; of an ordinary tensor all of it."""
    return tensor.to_local() if is_sharded(tensor) else tensor


def local_as(param: Tensor, tensor: Tensor) -> Tensor:
    """Of a gradient or a state, what lies where `param` does here; all processes call this at once."""
    if not is_sharded(param):
        return tensor
    if is_sharded(tensor):
        same = layout(tensor) == layout(param)
        return (tensor if same else tensor.redistribute(param.device_mesh, param.placements)).to_local()
    if tensor.ndim == 0:
        return tensor
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(tensor, param.device_mesh, param.placements, src_data_rank=None).to_local()


def of_all(param: Tensor, value: Tensor) -> Tensor:
    """The tensor of which `value` lies here, laid out as `param` is."""
    if not is_sharded(param) or value.ndim == 0:
        return value
    from torch.distributed.tensor import DTensor

    return DTensor.from_local(
        value, param.device_mesh, param.placements, shape=param.shape, stride=param.stride()
    )


def each(change: Callable[[Tensor, Tensor], Tensor], param: Tensor, state: dict[str, Any]) -> dict[str, Any]:
    """The state of a parameter with every tensor in it changed, by `local_as` or by `of_all`."""
    return {k: change(param, value) if isinstance(value, Tensor) else value for k, value in state.items()}


def has_slope(param: Tensor) -> bool:
    """Whether its gradient is not 0 throughout, in any process."""
    if param.grad is None:
        return False
    total = param.grad.abs().sum()
    return bool(total.full_tensor() if is_sharded(total) else total)


def layout(param: Tensor) -> Layout | None:
    """Over which processes a parameter is laid out, and how; None where each has all of it."""
    return (param.device_mesh, param.placements) if is_sharded(param) else None


def summed(part: Tree, over: Layout | None) -> Tree:
    """The sum, name by name, of what each process has gathered over its parts: the same in all of them."""
    if over is None:
        return part
    mesh, placements = over
    total = torch.stack(list(part.values()))
    for dim, placement in enumerate(placements):
        if not placement.is_replicate():
            torch.distributed.all_reduce(total, group=mesh.get_group(dim))
    return dict(zip(part, total, strict=True))


def check(param: Tensor, *, elementwise: bool) -> None:
    """Refuse a parameter of which a part lies here that says nothing of the others.

    Args:
        param: given to the optimizer.
        elementwise: whether its rule moves each element by itself.
    """
    if is_of_fsdp1(param):
        raise ConfigError(
            "a parameter flattened by FullyShardedDataParallel: its processes would learn different rates; "
            "parameters of fully_shard (FSDP2), which say where their elements lie, are expected."
        )
    if hasattr(param, "ds_id"):
        raise ConfigError(
            "a parameter partitioned by DeepSpeed's ZeRO: its processes would learn different rates; "
            "whole parameters, or those of fully_shard (FSDP2), are expected."
        )
    if not is_sharded(param):
        return
    if not elementwise:
        raise ConfigError(
            "a DTensor: level 0's rule reads more of a parameter than one element at a time; whole "
            "parameters are expected."
        )
    if any(placement.is_partial() for placement in param.placements):
        raise ConfigError(
            f"a DTensor with placements {param.placements}: sharded or replicated ones are expected."
        )


def check_replaced(former: Sequence[Tensor], params: Sequence[Tensor]) -> None:
    """Refuse that a group's parameters are replaced by parts that do not say where the rest lies.

    So DeepSpeed's ZeRO does, of which each process keeps a part of one long vector.
    """
    many = torch.distributed.is_available() and torch.distributed.is_initialized()
    alone = not many or torch.distributed.get_world_size() == 1
    if alone or sum(p.numel() for p in params) == sum(p.numel() for p in former):
        return
    raise ConfigError(
        "params: a part of a group's parameters in their place, as DeepSpeed's ZeRO has it: its processes "
        "would learn different rates; whole parameters, or those of fully_shard (FSDP2), are expected."
    )


def check_caller() -> None:
    """Refuse to be stepped by torch's ZeroRedundancyOptimizer: nothing but the caller tells of it.

    Not when it is made: what a script does about an error of training stands around its steps.
    """
    frame: Any = sys._getframe(1) if PARTITIONER in sys.modules else None
    while frame:
        if frame.f_globals.get("__name__") == PARTITIONER:
            raise ConfigError(
                "HyperOptimizer in a ZeroRedundancyOptimizer: its processes would learn different rates; "
                "fully_shard (FSDP2) shards parameters and state in a way that can be summed over."
            )
        frame = frame.f_back
