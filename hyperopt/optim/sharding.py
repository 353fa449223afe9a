"""Parameters of which each process holds a part: the local parts, and sums over all processes.

A `DTensor`, to which FSDP2's `fully_shard` turns a parameter, says where its elements lie. Other ways of
sharding do not, and are refused: each process would learn rates of its own.
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
"""A DeviceMesh, and one Placement per dimension of it."""

PARTITIONER = "torch.distributed.optim.zero_redundancy_optimizer"


def is_sharded(tensor: Tensor) -> TypeGuard[DTensor]:
    """Whether it is a DTensor, without importing that module, which takes half a second."""
    module = sys.modules.get("torch.distributed.tensor")
    return module is not None and isinstance(tensor, module.DTensor)


def local(tensor: Tensor) -> Tensor:
    """The local part of a tensor, sharing its memory; all of an ordinary tensor."""
    return tensor.to_local() if is_sharded(tensor) else tensor


def local_as(param: Tensor, tensor: Tensor) -> Tensor:
    """The part of a gradient or a state that lies where the local part of `param` does; a collective call."""
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
    """The tensor whose local part is `value`, with the layout of `param`."""
    if not is_sharded(param) or value.ndim == 0:
        return value
    from torch.distributed.tensor import DTensor

    return DTensor.from_local(
        value, param.device_mesh, param.placements, shape=param.shape, stride=param.stride()
    )


def each(change: Callable[[Tensor, Tensor], Tensor], param: Tensor, state: dict[str, Any]) -> dict[str, Any]:
    """The state of a parameter with every tensor in it converted by `local_as` or `of_all`."""
    return {k: change(param, value) if isinstance(value, Tensor) else value for k, value in state.items()}


def has_slope(param: Tensor) -> bool:
    """Whether any element of its gradient is not 0, in any process."""
    if param.grad is None:
        return False
    total = param.grad.abs().sum()
    return bool(total.full_tensor() if is_sharded(total) else total)


def layout(param: Tensor) -> Layout | None:
    """The processes that a parameter is laid out over, and how; None if each has all of it."""
    return (param.device_mesh, param.placements) if is_sharded(param) else None


def summed(part: Tree, over: Layout | None) -> Tree:
    """The sum, by name, of what each process has gathered over its parts; the same in all processes."""
    if over is None:
        return part
    mesh, placements = over
    total = torch.stack(list(part.values()))
    for dim, placement in enumerate(placements):
        if not placement.is_replicate():
            torch.distributed.all_reduce(total, group=mesh.get_group(dim))
    return dict(zip(part, total, strict=True))


def check(param: Tensor, *, elementwise: bool) -> None:
    """Refuse a local part of a parameter that does not say where the other parts are.

    Args:
        param: given to the optimizer.
        elementwise: whether its rule updates each element by itself.
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
    """Refuse replacing a group's parameters by parts that do not say where the rest lies.

    DeepSpeed's ZeRO does so: each of its processes keeps a part of one long vector.
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
    """Refuse to be stepped by torch's ZeroRedundancyOptimizer, which only the calling frame reveals.

    This is checked at a step, not when the optimizer is made: scripts handle errors of training there.
    """
    frame: Any = sys._getframe(1) if PARTITIONER in sys.modules else None
    while frame:
        if frame.f_globals.get("__name__") == PARTITIONER:
            raise ConfigError(
                "HyperOptimizer in a ZeroRedundancyOptimizer: its processes would learn different rates; "
                "fully_shard (FSDP2) shards parameters and state in a way that can be summed over."
            )
        frame = frame.f_back
