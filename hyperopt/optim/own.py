"""Finding a user's class by `package.module:Class`, and reporting whose fault a failure is."""

from __future__ import annotations

import importlib
import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, UnionType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, Union, get_args, get_origin, get_type_hints

from hyperopt.optim.errors import ConfigError, shortened

if TYPE_CHECKING:
    from torch import Tensor

    from hyperopt.optim.rules.rule import Hyper, Rule, State

WRITTEN = "package.module:Class"
NO_CLASSVAR = "mutable default"

Kind = TypeVar("Kind")


def own_class(what: str, name: str, kind: type[Kind]) -> type[Kind]:
    """The class named by `package.module:Class`, from the path or the current folder.

    Args:
        what: "rule", "data set" or "model", for errors.
        name: as the user wrote it.
        kind: the required base class.

    Raises:
        ConfigError: there is no such module or class, it has another base class, it has options but is not a
            dataclass, an attribute has the wrong type, or importing its module fails; the module's error is
            then shown as Python shows it, with file and line.
    """
    module, _, attribute = name.partition(":")
    found = getattr(_module(what, name, module), attribute, None)
    if not (isinstance(found, type) and issubclass(found, kind)):
        home = kind.__module__.rpartition(".")[0]
        raise ConfigError(
            f"{what} {name!r}: {module} has no class {attribute!r} that is a {home}.{kind.__name__}."
        )
    own = vars(found)
    options = [key for key, of in own.get("__annotations__", {}).items() if "ClassVar" not in str(of)]
    if options and "__dataclass_params__" not in own:
        raise ConfigError(
            f"{what} {name!r}: {attribute} has options ({', '.join(options)}) but no "
            "@dataclass(frozen=True, kw_only=True) above it."
        )
    for key, hint in get_type_hints(kind).items():
        if get_origin(hint) is ClassVar and not _fits(getattr(found, key, None), hint):
            given = f"{key} = {shortened(repr(getattr(found, key)))}" if hasattr(found, key) else f"no {key}"
            (expected,) = get_args(hint)
            shape = expected.__name__ if isinstance(expected, type) and not get_args(expected) else expected
            raise ConfigError(f"{what} {name!r}: {attribute} has {given}; {shape} is expected.")
    return found


def _fits(value: object, hint: Any) -> bool:
    """Whether a value has a type, checked for plain values and containers of them."""
    of, parts = get_origin(hint), get_args(hint)
    of = {dict: Mapping, frozenset: Set}.get(of, of)  # a set will do
    if of is ClassVar:
        return _fits(value, parts[0])
    if of in (Union, UnionType):
        return any(_fits(value, part) for part in parts)
    if hint is Any:
        return True
    if hint in (int, float):
        return isinstance(value, int | hint) and not isinstance(value, bool)
    if not isinstance(value, of or hint):
        return False
    if isinstance(value, Mapping):
        return all(_fits(key, parts[0]) and _fits(item, parts[1]) for key, item in value.items())
    if of is tuple and Ellipsis not in parts:
        return len(value) == len(parts) and all(map(_fits, value, parts))
    return of is None or all(_fits(item, parts[0]) for item in value)


def is_at_hand(*names: str) -> bool:
    """Whether rules, data sets or models can be inspected without running a user's code.

    A user's own can if their modules are already imported. A record that names one is no reason to import.
    """
    return all(":" not in name or name.partition(":")[0] in sys.modules for name in names)


def own_place(names: Iterable[str], trace: str) -> str | None:
    """The last place of a printed traceback in a user's module; None if there is none.

    Args:
        names: of rules, data sets and models, some as `package.module:Class`.
        trace: as printed by Python.
    """
    modules = [sys.modules.get(name.partition(":")[0]) for name in names if ":" in name]
    own = {module.__file__ for module in modules if module is not None}
    places = [(file, line) for file, line in re.findall(r'File "([^"]+)", line (\d+)', trace) if file in own]
    return "{}, line {}".format(*places[-1]) if places else None


def updated(
    rule: Rule, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
) -> tuple[Tensor, State]:
    """The result of `rule.update`; that of a user's own rule is checked, unless it is being compiled.

    Raises:
        ConfigError: it is not an amount with the shape of the gradient and a next state with the names of
            this one, or it depends on the value of a tensor where that is not known.
    """
    import torch

    if torch.compiler.is_compiling() or type(rule).__module__.partition(".")[0] == "hyperopt":
        return rule.update(grad, state, hyper, step, param)
    from hyperopt.optim.torch_private import is_for_value

    try:
        result: Any = rule.update(grad, state, hyper, step, param)
    except RuntimeError as error:
        if not is_for_value(error):
            raise
        asked = "asks for the value of a tensor, as a Python `if` does, but many runs share one call"
        line = _line_of(rule, error)
        raise _broken(rule, f"{asked}; an operation on tensors, such as torch.where, is", line) from error
    parts = result if isinstance(result, tuple | list) else ()
    amount, after = parts if len(parts) == 2 else (None, None)
    if not (isinstance(amount, torch.Tensor) and isinstance(after, Mapping)):
        given = f"({', '.join(type(part).__name__ for part in parts)})" if parts else type(result).__name__
        pair = "(amount to subtract from the parameter, next state), a tensor and a dict, is"
        raise _broken(rule, f"returned {given}; {pair}")
    if amount.shape != grad.shape:
        shape = f"shape {list(amount.shape)}; {list(grad.shape)}, that of the parameter, is"
        raise _broken(rule, f"returned an amount to subtract of {shape}")
    if set(after) != set(state):
        names = f"names ({', '.join(map(str, after))}); those of init ({', '.join(state)}) are"
        raise _broken(rule, f"returned a next state with {names}")
    return amount, dict(after)


def _broken(rule: Rule, fault: str, line: str = "") -> ConfigError:
    return ConfigError(f"rule {type(rule).__qualname__} in {_file_of(rule)}{line}: update {fault} expected.")


def _file_of(rule: Rule) -> str:
    module = type(rule).__module__
    return getattr(sys.modules.get(module), "__file__", None) or module


def _line_of(rule: Rule, error: BaseException) -> str:
    """The last line of the rule's file that the error passed."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == _file_of(rule)]
    return f", line {lines[-1]}" if lines else ""


@contextmanager
def current_folder_on_path() -> Iterator[None]:
    """Search the current folder last for modules, inside the context."""
    folder = str(Path.cwd())
    add = folder not in sys.path and "" not in sys.path
    if add:
        sys.path.append(folder)
    try:
        yield
    finally:
        if add and folder in sys.path:
            sys.path.remove(folder)


def _module(what: str, name: str, module: str) -> ModuleType:
    if module in sys.modules:
        return sys.modules[module]
    try:
        with current_folder_on_path():
            return importlib.import_module(module)
    except (Exception, SystemExit) as error:
        frames = _frames_of_its_own(error)
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        absent = missing is not None and f"{module}.".startswith(f"{missing}.")
        if not isinstance(error, SyntaxError) and (absent or not frames):
            raise ConfigError(
                f"{what} {name!r}: no module {module!r} can be imported from the path or the current folder."
            ) from None
        raise ConfigError(_told(what, name, module, error, frames)) from error


def _frames_of_its_own(error: BaseException) -> list[traceback.FrameSummary]:
    """The frames of the error, without the import system and the frames above it."""
    frames = traceback.extract_tb(error.__traceback__)
    return [frame for frame in frames if frame.filename != __file__ and "importlib" not in frame.filename]


def _told(
    what: str, name: str, module: str, error: BaseException, frames: list[traceback.FrameSummary]
) -> str:
    shown = [*traceback.format_list(frames), *traceback.format_exception_only(error)]
    hint = ""
    if isinstance(error, ValueError) and NO_CLASSVAR in str(error):
        hint = (
            "\nA dict on the class itself is annotated as ClassVar, such as "
            "hyperparameters: ClassVar[dict[str, float]] = {...}."
        )
    return f"{what} {name!r}: your module {module} fails as it is imported:\n{''.join(shown).rstrip()}{hint}"
