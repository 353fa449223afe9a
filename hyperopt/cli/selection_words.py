"""The words after a verb for stored runs: those that select runs, and the verb's options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hyperopt.errors import MOST_NAMES, ConfigError, typed
from hyperopt.selection.stored import PLACES
from hyperopt.wording import printable

FROM = {"from": PLACES}
ANY: tuple[str, ...] = ()


def split(words: Sequence[str], own: Mapping[str, Sequence[str]]) -> tuple[list[str], dict[str, str]]:
    """Return the words that select runs, and the options of a verb.

    Args:
        words: the typed words.
        own: the keys of the verb's options, each with its allowed values; ANY for any text.

    Raises:
        ConfigError: an option is repeated, lacks a value, or has an invalid one.
    """
    selecting: list[str] = []
    options: dict[str, str] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or key not in own:
            selecting.append(word)
            continue
        if key in options:
            raise ConfigError(f"{typed(key, text)}: {key} is given twice.")
        if not text or (own[key] and text not in own[key]):
            allowed = f"one of {', '.join(own[key])}" if own[key] else "a value"
            raise ConfigError(f"{typed(key, text)}: {allowed} is expected.")
        options[key] = text
    return selecting, options


def names(text: str | None) -> list[str]:
    """Return the names of a list such as `stack,alpha`; [] if there are none."""
    return [name for name in (part.strip() for part in (text or "").strip("[]").split(",")) if name]


def few(found: Sequence[str]) -> str:
    """Return names for a sentence, up to a sensible number."""
    more = f" and {len(found) - MOST_NAMES} more" if len(found) > MOST_NAMES else ""
    return printable(", ".join(found[:MOST_NAMES])) + more
