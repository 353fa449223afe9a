"""The error raised for bad input, the sentences that report it, and warnings."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import takewhile
from types import FrameType
from typing import Any

PASSED_OVER = ("hyperopt", "torch", "collections", "_collections_abc", "contextlib")
"""Modules to whose lines no warning points."""

MOST_NAMES = 5
"""The most names that a sentence lists."""
MOST_LETTERS = 120
"""The most characters of a value that a sentence repeats."""

SURE_LETTERS = 5
"""At this length names that differ in one letter are one name misspelt; `norm` is not `form`."""

SYNONYMS = {
    "nesterov": "sgd with nesterov=true",
    "momentum": "sgd with momentum=0.9",
    "sgdm": "sgd with momentum=0.9",
    "sgd_momentum": "sgd with momentum=0.9",
    "hypergrad": "sgd_hd",
    "sgd_hd": "sgd/sgd with tune=alpha",
    "sgdn_hd": "sgd/sgd with tune=alpha, nesterov=true and momentum=0.9",
    "adam_hd": "adam/sgd with tune=alpha",
    "lr": "alpha",
    "learning_rate": "alpha",
    "learningrate": "alpha",
    "base_lr": "alpha",
    "step_size": "alpha",
    "eta": "alpha",
    "optimizer": "stack",
    "optimiser": "stack",
    "optim": "stack",
    "opt": "stack",
    "rule": "stack",
    "data": "dataset",
    "bs": "batch_size",
    "batch": "batch_size",
    "wd": "weight_decay",
    "decay": "weight_decay",
    "net": "model",
    "network": "model",
    "arch": "model",
    "epoch": "epochs",
    "num_epochs": "epochs",
    "max_epochs": "epochs",
    "random_seed": "seed",
    "seeds": "seed",
    "betas": "beta1 and beta2",
    "rho": "gamma",
    "hidden": "model.hidden",
    "width": "model.hidden",
    "gradient_clipping": "clip",
    "grad_clip": "clip",
    "precision": "dtype",
    "gpu": "device",
    "jobs": "workers",
    "num_workers": "workers",
    "cifar": "cifar10",
    "dense": "mlp",
    "fc": "mlp",
    "vgg": "vgg16",
    "train": "run",
    "fit": "run",
    "sweep": "run -m",
    "draw": "plot",
    "reproduce": "tables",
    "download": "data",
    "ls": "list",
}
"""Our name for a name from other programs, perhaps followed by more words."""


class ConfigError(ValueError):
    """Input that is refused; the message is a sentence with the key, its value and what is expected."""


def unknown(
    what: str, name: str, known: Iterable[str], *, of: str | None = None, given: str | None = None
) -> ConfigError:
    """The error that no `what` is called `name`: suggests a close name, else lists up to five `known`.

    `of` is what the known ones belong to, such as a rule; `given` is the whole input as it was typed, if that
    is more than the name.
    """
    typed = f"{shortened(given)}: " if given else ""
    lacks = f"{of} has no" if of else "there is no"
    return ConfigError(
        f"{typed}{lacks} {what} {shortened(repr(name))}; {_hint(name, list(dict.fromkeys(known)))}"
    )


def _hint(name: str, known: list[str]) -> str:
    plain = {_plain(each): each for each in known}
    if meant := plain.get(_plain(name)):
        return f"did you mean {meant}?"
    synonym = SYNONYMS.get(_plain(name), "")
    if synonym == "alpha" and "lr" in known:
        synonym = "lr"  # alpha is then the rate of every level, or of the top
    if synonym.partition(" ")[0].partition("/")[0] in known:
        return f"did you mean {synonym}?"
    if near := get_close_matches(name[:MOST_LETTERS], known, n=1, cutoff=0.6):
        return f"did you mean {near[0]}?"
    others = f" and {len(known) - MOST_NAMES} more" if len(known) > MOST_NAMES else ""
    return f"known: {', '.join(known[:MOST_NAMES])}{others}."


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")


def shown(value: Any) -> str:
    """A value as it is typed in an override."""
    if isinstance(value, list | tuple):
        return f"[{','.join(map(shown, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{key}:{shown(item)}' for key, item in value.items())}}}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return digits(value)
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def is_slip(written: str, name: str) -> bool:
    """Whether one letter is wrong: swapped with the next, doubled, or, in a longer name, any."""
    one, other = (word.lower().replace("_", "") for word in (written, name))
    for _ in range(2):  # strip the common start, then the common end
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
        same = len(list(alike))
        one, other = one[same:][::-1], other[same:][::-1]
    swapped = len(one) == 2 and one == other[::-1]
    doubled = len(one) == 1 and not other and one in name
    any_letter = len(one) <= 1 and len(other) <= 1 and len(name) >= SURE_LETTERS
    return one == other or swapped or doubled or any_letter


def digits(value: int) -> str:
    """An integer, in hexadecimal if Python refuses to write that many decimal digits."""
    try:
        return str(value)
    except ValueError:
        return hex(value)


def shortened(text: str) -> str:
    """A text on one line, with the middle of a long one left out."""
    line = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
    if len(line) <= MOST_LETTERS:
        return line
    half = MOST_LETTERS // 2
    return f"{line[:half]} ... {line[-half:]}"


def typed(key: str, value: Any) -> str:
    """A key and its value for a sentence, `key=value` on one line."""
    return f"{key}={shortened(shown(value))}"


def warn(message: str, category: type[Warning]) -> None:
    """Warn at the caller's line, outside this package, torch and the standard library's dicts.

    The number of calls between varies: a scheduler of torch wraps `step`.
    """
    frame: FrameType | None = sys._getframe(1)
    level = 2
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] in PASSED_OVER:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
