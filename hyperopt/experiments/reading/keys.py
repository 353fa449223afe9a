"""The keys of one mapping in a file, each taken once and checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from hyperopt.errors import ConfigError, unknown

T = TypeVar("T")
NUMBER = (int, float)


class Keys:
    """The keys of one mapping of the file, taken one by one, so that any left over are unknown."""

    def __init__(self, what: str, given: Any) -> None:
        self.what = what
        self.left: dict[str, Any] = dict(checked(what, given, dict))
        self.known: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self.left

    def take(self, key: str, kind: Any, *default: Any) -> Any:
        """The value of a key, which has that type; the default where the key is absent and one is given."""
        self.known.append(key)
        if key not in self.left:
            if not default:
                raise ConfigError(f"{self.what} has no {key}")
            return default[0]
        return checked(key, self.left.pop(key), kind)

    def only(self, *known: str) -> None:
        """Refuse a key that is none of these, before the want of what it was meant for is told.

        Of use where keys exclude each other, so that which of them are taken depends on those that are there.
        """
        for key in self.left:
            if key not in known and key not in self.known:
                raise unknown(f"key of {self.what}", str(key), (*known, *self.known))

    def nothing_left(self, made: T) -> T:
        """`made`, once every key has been taken; a key left over is refused."""
        for key in self.left:
            raise unknown(f"key of {self.what}", str(key), self.known)
        return made


def checked(key: str, value: Any, kind: Any) -> Any:
    """The value, if it has that type, a text on one line: a label such as 0.01 must be quoted to be text."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        words = {
            str: "text (in quotes)",
            int: "a whole number",
            float: "a number",
            dict: "keys and values",
            list: "a list",
        }
        raise ConfigError(f"{key}={value!r}: {' or '.join(words[k] for k in kinds)} is expected")
    return " ".join(map(str.strip, value.splitlines())).strip() if isinstance(value, str) else value


def filled(given: Any, mark: str, text: str) -> Any:
    """The same value, with `mark` replaced in every text in it, but not in keys."""
    if isinstance(given, str):
        return given.replace(mark, text)
    if isinstance(given, dict):
        return {key: filled(value, mark, text) for key, value in given.items()}
    return [filled(value, mark, text) for value in given] if isinstance(given, list) else given


def some(keys: Keys, key: str, kind: type) -> Any:
    """The value of a key; an empty one is refused."""
    given = keys.take(key, kind)
    if not given:
        raise ConfigError(f"{key} of {keys.what} is empty")
    return given


def texts(key: str, given: Sequence[Any]) -> tuple[str, ...]:
    """The texts that a key lists."""
    return tuple(checked(key, text, str) for text in given)
