"""`hyperopt completion SHELL`: shell functions that complete words, and their answers.

The shell's function runs this file as a script, which then imports nothing of the package: a file made by
`hyperopt completion` has the verbs, keys and values.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

SHELLS = ("bash", "zsh", "fish")
OF_IDS = ("show",)
MOST = 200
BASH = """\
_hyperopt() {{
    local IFS=$'\\n'
    local word="${{COMP_LINE:0:COMP_POINT}}"
    word="${{word##* }}"
    COMPREPLY=($("{python}" -S -E "{file}" "{words}" "${{COMP_LINE:0:COMP_POINT}}"))
    # bash breaks words at = and : and takes only what follows
    local cut="${{word%"${{word##*[=:]}}"}}"
    COMPREPLY=("${{COMPREPLY[@]#"$cut"}}")
    [[ ${{#COMPREPLY[@]}} == 1 && ${{COMPREPLY[0]}} == *= ]] && compopt -o nospace
    return 0
}}
complete -o default -F _hyperopt hyperopt hyperopt-stacks
"""
ZSH = """\
#compdef hyperopt hyperopt-stacks
_hyperopt() {{
    local -a found
    found=("${{(@f)$("{python}" -S -E "{file}" "{words}" "${{LBUFFER}}")}}")
    [[ -n "${{found[1]}}" ]] || {{ _files; return; }}
    local -a keys values
    keys=("${{(@M)found:#*=}}")
    values=("${{(@)found:#*=}}")
    (( $#keys )) && compadd -Q -S '' -- $keys
    (( $#values )) && compadd -Q -- $values
}}
compdef _hyperopt hyperopt hyperopt-stacks
"""
FISH = """\
complete -c hyperopt -c hyperopt-stacks -a '("{python}" -S -E "{file}" "{words}" (commandline -cp))'
"""


class Usage(TypedDict):
    """The words that may follow a verb.

    Attributes:
        flags: the verb's options.
        places: for each required word, in order, its possible values; [] for any text.
        rest: the name of further words in its help; [] if there are none.
    """

    flags: list[str]
    places: list[list[str]]
    rest: list[str]


def completion(arguments: Namespace, verbs: Mapping[str, Usage]) -> int:
    """Print a shell's function, and write the words that it completes after each verb."""
    from hyperopt.durable import write
    from hyperopt.errors import unknown

    if arguments.shell not in SHELLS:
        raise unknown("shell", arguments.shell, SHELLS)
    path = words_path()
    write(path, json.dumps(words(verbs)), durable=False)
    text = {"bash": BASH, "zsh": ZSH, "fish": FISH}[arguments.shell]
    print(text.format(python=sys.executable, file=Path(__file__).resolve(), words=path), end="")
    return 0


def words_path() -> Path:
    """Return the path of the completion words, in the user's cache folder."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "hyperopt" / "completion.json"


def words(verbs: Mapping[str, Usage]) -> dict[str, object]:
    """Return verbs with their words, keys with their values, experiment ids, and the runs' location."""
    from hyperopt.config.compose import GROUPS
    from hyperopt.config.process_options import PROCESS_KEYS
    from hyperopt.config.shorthands import SHORTHANDS
    from hyperopt.config.sweep import shipped_keys
    from hyperopt.experiments import ids
    from hyperopt.optim.rules import RULES
    from hyperopt.records import home

    values = {group: [*known] for group, known in GROUPS.items()}
    values |= {"stack": [*RULES, *SHORTHANDS], "clip": ["true", "false"], "form": ["reported", "textbook"]}
    values |= {"format": ["text", "json", "csv", "markdown"], "from": ["here", "published", "all"]}
    values |= {"device": ["auto", "cpu", "cuda"], "diverged": ["true", "false"]}
    keys = [*shipped_keys(), *PROCESS_KEYS]
    return {
        "usage": {**verbs},
        "keys": keys,
        "values": values,
        "whole_stacks": [*SHORTHANDS],
        "experiments": ids(),
        "home": str(home()),
    }


def answers(line: str, known: dict[str, object]) -> list[str]:
    """Return completions of a line's last word."""
    before, _, word = line.rpartition(" ")
    typed = before.split()[1:]
    verb = next((each for each in typed if not each.startswith("-")), "")
    verbs = known["usage"]
    assert isinstance(verbs, dict)
    usage = verbs.get(verb, {"flags": [], "places": [], "rest": []})
    if not verb:
        found = [*verbs, "--help", "--version"]
    elif word.startswith("-"):
        found = [*usage["flags"], "--help"]
    else:
        place = sum(not each.startswith("-") for each in typed) - 1
        found = _at(place, verb, usage, word, known)
    return sorted({each for each in found if each.startswith(word)})[:MOST]


def _at(place: int, verb: str, usage: Usage, word: str, known: dict[str, object]) -> list[str]:
    """Return completions of a word at position `place` after the first word following its verb."""
    if verb in OF_IDS:
        return run_ids(str(known["home"]))
    if place < len(usage["places"]):
        return usage["places"][place]
    keys, experiments, values = known["keys"], known["experiments"], known["values"]
    assert isinstance(keys, list)
    assert isinstance(experiments, list)
    assert isinstance(values, dict)
    rest = " ".join(usage["rest"])
    found = []
    if "KEY=VALUE" in rest:
        found += values_of(word, known) if "=" in word else [f"{key}=" for key in keys]
    if "ID" in rest:
        found += experiments
    return [*found, *values["dataset"]] if rest == "NAME" else found


def values_of(word: str, known: dict[str, object]) -> list[str]:
    """Return the values of a key; for lists and stacks, those of the last element."""
    key, _, given = word.partition("=")
    last = max(given.rfind(","), given.rfind("/")) + 1
    values, whole = known["values"], known["whole_stacks"]
    assert isinstance(values, dict)
    assert isinstance(whole, list)
    of_key = run_ids(str(known["home"])) if key == "id" else values.get(key, [])
    no_level = whole if given[:last].endswith("/") else []
    return [f"{key}={given[:last]}{value}" for value in of_key if value not in no_level]


def run_ids(home: str) -> list[str]:
    """Return ids of stored runs, newest first, from a list that other verbs maintain."""
    path = Path(os.environ.get("HYPEROPT_HOME") or home) / "ids.txt"
    try:
        return path.read_text(encoding="utf-8").split()
    except OSError:
        return []


if __name__ == "__main__":
    try:
        told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
        print("\n".join(answers(sys.argv[2], told)))
    except (OSError, ValueError, KeyError, IndexError):
        sys.exit(0)
