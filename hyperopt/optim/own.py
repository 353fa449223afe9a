"""Finding a class of one's own by `package.module:Class`, and saying whose fault it is where that fails."""

from __future__ import annotations

import importlib
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from hyperopt.optim.errors import ConfigError

WRITTEN = "package.module:Class"
NO_CLASSVAR = "mutable default"

Kind = TypeVar("Kind")


def own_class(what: str, name: str, kind: type[Kind]) -> type[Kind]:
    """The class that `package.module:Class` names, from the path or the current folder.

    Args:
        what: "rule", "data set" or "model", for errors.
        name: as the user wrote it.
        kind: what the class has to be a subclass of.

    Raises:
        ConfigError: there is no such module or class, it is of another kind, it has options and is no
            dataclass, or importing its module fails; then the error of the module is shown as Python does,
            with its file and line.
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
    return found


def own_place(names: Iterable[str], trace: str) -> str | None:
    """Where in a module of one's own a printed traceback was last; None where it was in none.

    Args:
        names: of rules, data sets and models, some of which are `package.module:Class`.
        trace: as Python prints it.
    """
    modules = [sys.modules.get(name.partition(":")[0]) for name in names if ":" in name]
    own = {module.__file__ for module in modules if module is not None}
    places = [(file, line) for file, line in re.findall(r'File "([^"]+)", line (\d+)', trace) if file in own]
    return "{}, line {}".format(*places[-1]) if places else None


@contextmanager
def current_folder_on_path() -> Iterator[None]:
    """The current folder is searched last for modules, for as long as the context lasts."""
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
    """What was running, without the import system and the frames above it."""
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
