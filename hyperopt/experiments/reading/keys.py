"""Checked access to the keys of a mapping in a file."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

from hyperopt.errors import ConfigError, unknown

T = TypeVar("T")
NUMBER = (int, float)


class Keys:
    """The keys of one mapping in a file. Readers take them one by one; any left over are unknown.

    Args:
        what: what the mapping is called in messages.
        given: the mapping.
    """

    def __init__(self, what: str, given: Any) -> None:
        self.what = what
        self.left: dict[str, Any] = dict(checked(what, given, dict))
        self.known: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self.left

    def take(self, key: str, kind: Any, *default: Any) -> Any:
        """Remove a key and return its value, which must have that type; the default, if given, if absent.

        Raises:
            ConfigError: the key is absent and has no default, or its value has another type.
        """
        self.known.append(key)
        if key not in self.left:
            if not default:
                meant = get_close_matches(key, self.left, n=1)
                hint = f"; is {meant[0]} meant to be {key}?" if meant else ""
                raise ConfigError(f"{self.what} has no {key}{hint}")
            return default[0]
        return checked(key, self.left.pop(key), kind)

    def only(self, *known: str) -> None:
        """Raise an error if any other key is left.

        If called before `take`, a misspelled key is reported as such rather than as a missing one. It is
        needed where keys exclude each other, so that the keys present decide which are taken.
        """
        for key in self.left:
            if key not in known and key not in self.known:
                raise unknown("key", str(key), (*known, *self.known), of=self.what)

    def nothing_left(self, made: T) -> T:
        """Return `made`; raise an error if a key is left, which is therefore unknown."""
        for key in self.left:
            raise unknown("key", str(key), self.known, of=self.what)
        return made


def checked(key: str, value: Any, kind: Any) -> Any:
    """Return a value if it has that type; line breaks in text become spaces.

    Raises:
        ConfigError: it has another type. A label such as 0.01 must be in quotes to be text.
    """
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        words = {
            str: "text (in quotes)",
            int: "a whole number",
            float: "a number",
            dict: "keys and values",
            list: "a list",
        }
        is_ = "are" if kinds == (dict,) else "is"
        raise ConfigError(f"{key}={value!r}: {' or '.join(words[k] for k in kinds)} {is_} expected")
    return " ".join(map(str.strip, value.splitlines())).strip() if isinstance(value, str) else value


def filled(given: Any, mark: str, text: str) -> Any:
    """Return a value with `mark` replaced by `text` in every string in it, except in keys."""
    if isinstance(given, str):
        return given.replace(mark, text)
    if isinstance(given, dict):
        return {key: filled(value, mark, text) for key, value in given.items()}
    return [filled(value, mark, text) for value in given] if isinstance(given, list) else given


def some(keys: Keys, key: str, kind: type) -> Any:
    """Take a key whose value must not be empty."""
    given = keys.take(key, kind)
    if not given:
        raise ConfigError(f"{key} of {keys.what} is empty")
    return given


def texts(key: str, given: Sequence[Any]) -> tuple[str, ...]:
    """Return the strings that a key lists."""
    return tuple(checked(key, text, str) for text in given)
