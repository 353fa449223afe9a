"""The error that input can cause, and the sentences that report it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any


class ConfigError(ValueError):
    """Input that is refused; the message is a sentence with the key, its value and what is expected."""


def unknown(what: str, name: str, known: Iterable[str], *, given: str | None = None) -> ConfigError:
    """There is no `what` called `name`: tells the nearest of `known`, else all of them.

    `given` is the whole input as it was typed, where that is more than the name.
    """
    names = list(known)
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(names)}."
    return ConfigError(f"{f'{given}: ' if given else ''}there is no {what} {name!r}; {hint}")


def shown(value: Any) -> str:
    """A value as it is typed in an override."""
    if isinstance(value, list | tuple):
        return f"[{','.join(map(shown, value))}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
