"""Short names for stacks that a report names specially."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperopt.errors import ConfigError, typed

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORTHANDS: dict[str, dict[str, Any]] = {
    "sgd_hd": {"stack": "sgd/sgd", "tune": "alpha"},
    "sgdn_hd": {"stack": "sgd/sgd", "tune": "alpha", "nesterov": True},
    "adam_hd": {"stack": "adam/sgd", "tune": "alpha"},
}
"""The stack of each shorthand: hypergradient descent (docs/reports/hypergradient.md, "Update rules")."""

USUAL: dict[str, dict[str, Any]] = {"sgdn_hd": {"momentum": 0.9}}
"""The default settings of each shorthand."""

REPORTED: dict[str, dict[str, Any]] = {
    "adam_hd": {"adam_start": 0.0, "eps_before_correction": True, "tune_after": "tensor"}
}
"""Further defaults in the reported form: the habits of the code that the report ran."""


def expanded(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with `stack` expanded if it is one of SHORTHANDS; other settings stay.

    Raises:
        ConfigError: a setting conflicts with the shorthand, or the shorthand is a level of a stack.
    """
    stack = settings.get("stack")
    if not isinstance(stack, str) or stack not in SHORTHANDS:
        _check_levels(stack)
        return dict(settings)
    fixed = SHORTHANDS[stack]
    for key, value in fixed.items():
        if key != "stack" and settings.get(key, value) not in (value, [value], None):
            raise ConfigError(
                f"{typed(key, settings[key])}: stack={stack} has {typed(key, value)}; "
                f"for another take stack={fixed['stack']}."
            )
    usual = USUAL.get(stack, {})
    if settings.get("form", "reported") == "reported":
        usual = usual | REPORTED.get(stack, {})
    given = {key: value for key, value in settings.items() if value is not None or key not in usual}
    return {**usual, **given, **fixed}


def _check_levels(stack: Any) -> None:
    parts = stack.split("/") if isinstance(stack, str) else stack if isinstance(stack, list | tuple) else []
    for name in (str(part).strip() for part in parts):
        if name in SHORTHANDS:
            whole = SHORTHANDS[name]["stack"]
            raise ConfigError(
                f"{typed('stack', stack)}: {name} is a whole stack, {whole}, and no level of one."
            )
