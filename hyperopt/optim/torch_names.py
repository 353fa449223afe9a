"""Translation of the names of torch.optim (betas, amsgrad, foreach, ...) into our settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hyperopt.optim.errors import ConfigError, typed
from hyperopt.optim.parsing import parse_stack, parse_truth
from hyperopt.optim.rules import find

HOW = ("foreach", "fused")
"""Torch's ways to compute the same: any boolean is accepted and has no effect."""

NOT_DONE = {
    "capturable": "its steps are no part of a CUDA graph",
    "differentiable": "no graph goes through its steps",
    "centered": "no rule has it",
}
"""Options of torch's optimizers that are refused here, and why."""

ANOTHER_RULE = {
    "amsgrad": {"adam": "amsgrad"},
    "decoupled_weight_decay": {"adam": "adamw", "nadam": "nadamw"},
}
"""Options of torch's optimizers that here select another rule."""

NOTHING_AT_0 = ("momentum", "dampening", "nesterov", "weight_decay")
"""Settings that are accepted at 0 for a rule that does not have them."""


TAKEN = ("betas", "lr", "schedule", *HOW, *NOT_DONE, *ANOTHER_RULE, *NOTHING_AT_0)
"""Names that `understood` and every parameter group accept."""


def check_betas(betas: Any) -> None:
    """Refuse anything but two values of any kind."""
    if not isinstance(betas, Sequence) or isinstance(betas, str) or len(betas) != 2:
        raise ConfigError(f"{typed('betas', betas)}: two numbers, beta1 and beta2, are expected.")


def understood(settings: Mapping[str, Any], stack: Any) -> dict[str, Any]:
    """Settings with torch's names replaced by ours.

    Args:
        settings: of an optimizer or a parameter group, by name.
        stack: theirs, "adam/sgd" or rules bottom to top.

    Returns:
        The settings; also "stack", if a name selected another rule of level 0.

    Raises:
        ConfigError: a name asks for something unsupported.
    """
    ours = dict(settings)
    if "centered" in ours and "alpha" in ours:  # a group of torch's RMSprop, where lr is the rate
        raise ConfigError(
            f"{typed('alpha', ours['alpha'])}: beside centered it is that of torch's RMSprop, here gamma; "
            "give gamma in its place."
        )
    for name in HOW:
        if ours.get(name) is not None:
            parse_truth(name, ours[name])
        ours.pop(name, None)
    for name, why in NOT_DONE.items():
        if name in ours and parse_truth(name, ours.pop(name)):
            raise ConfigError(f"{name}=true: HyperOptimizer takes false only; {why}.")
    if (betas := ours.pop("betas", None)) is not None:
        check_betas(betas)
        for name, beta in zip(("beta1", "beta2"), betas, strict=True):
            if ours.setdefault(name, beta) not in (beta, None):
                raise ConfigError(
                    f"{typed(name, ours[name])}: {typed('betas', betas)} says another; give it once."
                )
            ours[name] = beta
    if not set(ours) & {*ANOTHER_RULE, *NOTHING_AT_0}:
        return ours
    rules = parse_stack(stack)
    for name, others in ANOTHER_RULE.items():
        if name not in ours:
            continue
        asked, there = parse_truth(name, ours.pop(name)), rules[0] in others.values()
        if not asked and there and not (name.endswith("weight_decay") and ours.get("weight_decay") == 0):
            without = next(rule for rule, other in others.items() if other == rules[0])
            raise ConfigError(f"{name}=false: level 0 is {rules[0]}; {without} is expected.")
        if asked == there or not asked:
            continue
        if rules[0] not in others:
            takes, made = " or ".join(others), next(iter(others.values()))
            raise ConfigError(
                f"{name}=true: level 0 is {rules[0]}; {takes} is expected. stack={made}/sgd has it."
            )
        rules = (others[rules[0]], *rules[1:])
        ours["stack"] = "/".join(rules)
    known = {*find(rules[0]).hyperparameters, *find(rules[0]).options}
    return {k: v for k, v in ours.items() if k not in NOTHING_AT_0 or k in known or v not in (0, False, None)}
