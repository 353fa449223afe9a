"""Events of rates: when one first became negative, or a hyperparameter or a sum first became not finite."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from hyperopt.optim import errors
from hyperopt.optim.level import Tree
from hyperopt.optim.vectors import Above

WATCH_EVERY = 100
"""Steps between two checks of the rates on devices that a check makes wait; the CPU checks every step."""

EVENTS = ("negative alpha", "not finite")

Event = dict[str, Any]
"""`step`, `group`, `level` and `event`."""


def events_of(above: Above, group: int) -> list[Event]:
    """The events of a group's hyperparameters so far."""
    return [
        {"step": step, "group": group, "level": level, "event": event}
        for level, steps in enumerate(above.seen.tolist())
        for step, event in zip(steps, EVENTS, strict=True)
        if step
    ]


def seen_after(seen: Tensor, levels: list[Tree], step: Tensor, sums: Tree | None = None) -> Tensor:
    """`Above.seen` after step number `step`, which ended with these natural values of each level.

    `sums` are what level 0's rule sums over all parameters, if it sums, and estimates its rate from.
    """
    bottom, *above = levels
    watched = [[*(bottom | (sums or {})).values()], *([*values.values()] for values in above)]
    if not torch.compiler.is_compiling() and step.device.type == "cpu":
        rates = [values["alpha"].item() for values in levels]
        others = [value.item() for values in watched for value in values]
        if min(rates) >= 0 and all(map(math.isfinite, others)):
            return seen
    rows = []
    for values, of_level in zip(levels, watched, strict=True):
        infinite = ~torch.stack(of_level).isfinite().all()
        rows.append(torch.stack([values["alpha"] < 0, infinite]))
    happens = torch.stack(rows)
    return seen.where((seen != 0) | ~happens, step.to(torch.int64))


def may_be_new(above: Above, step: int, values: Mapping[str, Any], *, sums: bool) -> bool:
    """Whether to check a group for events after a step.

    Args:
        above: after the step.
        step: the number of the step.
        values: the natural values of level 0; enough to decide if they are floats, no other level moves, and
            its rule does not sum.
        sums: whether it sums over all parameters.
    """
    if above.seen.device.type != "cpu" and step % WATCH_EVERY:
        return False
    if sums or len(above.seen) > 2 or not isinstance(values["alpha"], float):
        return bool(above.seen.any())
    return values["alpha"] < 0 or not all(map(math.isfinite, values.values()))


def warn(events: Iterable[Event], rules: Mapping[int, str], said: set[tuple[int, int, str]]) -> None:
    """Warn once of each event.

    Args:
        events: of one group.
        rules: by level.
        said: the events already warned of; new ones are added.
    """
    for event in events:
        key = (event["group"], event["level"], event["event"])
        if key not in said:
            said.add(key)
            what = f"level {event['level']} ({rules[event['level']]}) of group {event['group']}"
            errors.warn(f"{what}: {event['event']} at step {event['step']}", RuntimeWarning)
