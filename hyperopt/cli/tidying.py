"""`hyperopt tag`, `note`, `rm` and `gc`: remarks on runs, and deletion, which is always listed first."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from hyperopt.cli.runs import write
from hyperopt.cli.selection_words import few
from hyperopt.cli.train import remember_ids
from hyperopt.errors import ConfigError, shortened, typed
from hyperopt.records import home, working
from hyperopt.records.remarks import NAME, damaged, remark
from hyperopt.selection.rows import rows_of
from hyperopt.selection.select import needed
from hyperopt.selection.stored import everything
from hyperopt.wording import counted, printable

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Sequence

    from hyperopt.engine.garbage import Garbage
    from hyperopt.records.remarks import Remark
    from hyperopt.selection.stored import Selection

A_TAG = re.compile(r"[\w.+-]{1,60}")
MOST_LETTERS = 500
MOST_SHOWN = 20
MOST_PATHS = 5


def tag(arguments: Namespace) -> int:
    """Add tags to runs, or remove them."""
    tags = tags_of("tag", arguments.tags)
    chosen = _chosen(arguments.words, "tag")
    if not arguments.remove:
        remark(home(), chosen.ids, add=tags)
        print(f"{counted(len(chosen), 'run')}: {', '.join(tags)}")
        return 0
    before = remark(home(), chosen.ids, remove=tags)
    for each in tags:
        had = sum(each in old.tags for old in before)
        print(f"{counted(had, 'run')}: not {each}" if had else f"no run of {len(before)} has the tag {each}")
    return 0


def note(arguments: Namespace) -> int:
    """Write a note on runs; an empty one deletes it."""
    text = note_of("note", arguments.text)
    chosen = _chosen(arguments.words, "note")
    before = remark(home(), chosen.ids, note=text)
    print(f"{counted(len(chosen), 'run')}: {printable(text) or 'no note'}{replaced(before, text)}")
    return 0


def replaced(before: Iterable[Remark], text: str) -> str:
    """Return the end of a sentence that lists the replaced notes; "" if there were none."""
    old = dict.fromkeys(said.note for said in before if said.note not in ("", text))
    quoted = [f'"{shortened(each)}"' for each in old]
    return f", in place of {few(quoted)}" if quoted else ""


def tags_of(key: str, text: str) -> list[str]:
    """Parse a list of tags such as `baseline,good`.

    Raises:
        ConfigError: there is none, or one is not a word.
    """
    tags = [part.strip() for part in text.split(",")]
    if not all(map(A_TAG.fullmatch, tags)):
        raise ConfigError(
            f"{typed(key, text)}: words of letters, digits and . + - _ are expected, as baseline,v2."
        )
    return tags


def note_of(key: str, text: str) -> str:
    """Return a note in its stored form.

    Raises:
        ConfigError: it is too long, or is not text.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:  # an undecodable byte of the command line
        raise ConfigError(f"{typed(key, text)}: text in UTF-8 is expected.") from error
    if len(text) > MOST_LETTERS:
        raise ConfigError(f"{typed(key, text)}: at most {MOST_LETTERS} letters are expected.")
    return text.strip()


def rm(arguments: Namespace) -> int:
    """Remove the records of runs after listing them."""
    from hyperopt.records.removal import remove

    chosen = _chosen(arguments.words, "rm")
    rows = rows_of(chosen)
    write(rows[:MOST_SHOWN], "text")
    if len(rows) > MOST_SHOWN:
        print(f"... and {len(rows) - MOST_SHOWN} more")
    if not agreed(f"\nremove the records of {counted(len(chosen), 'run')} from {home()}?", yes=arguments.yes):
        return 1
    print(f"{counted(remove(working(), chosen.ids), 'run')} removed")
    remember_ids()
    return 0


def gc(arguments: Namespace) -> int:
    """Remove unreferenced files after listing them."""
    from hyperopt.engine.garbage import garbage, sweep

    store, there = working(), everything()
    for path in damaged(home()):
        print(
            f"{path} stays: tags and notes are in it. Mend it and move it to {home() / NAME}, or remove it."
        )
    found = garbage(store, zip(there.ids, there.configs, strict=True))
    if not found:
        print(f"nothing to remove in {home()}: {counted(len(there), 'run')}, all of the present versions")
        return 0
    amounts = [_amount(each) for each in found]  # deleted files have no size
    for each, amount in zip(found, amounts, strict=True):
        print(f"{each.what}: {amount}")
        names = [*map(str, each.paths), *each.ids]
        more = [f"  ... and {len(names) - MOST_PATHS} more"] if len(names) > MOST_PATHS else []
        print("\n".join([*(f"  {printable(name)}" for name in names[:MOST_PATHS]), *more]))
    if not agreed(f"\nremove all of this from {home()}?", yes=arguments.yes):
        return 1
    for each, amount in zip(sweep(store, found), amounts, strict=True):
        print(f"removed: {each.what}, {amount}")
    return 0


def agreed(question: str, *, yes: bool) -> bool:
    """Return whether the user agreed to the deletion, by --yes or an answer at a terminal."""
    if yes:
        return True
    if not sys.stdin.isatty():
        print(f"{question} Nothing is removed without --yes.")
        return False
    answer = input(f"{question} [y/N] ")
    if answer.strip().lower() in ("y", "yes"):
        return True
    print("nothing is removed")
    return False


def _chosen(words: Sequence[str], verb: str) -> Selection:
    """Return the selected runs; selecting all of them must be explicit.

    Raises:
        ConfigError: there are no words, or no run matches.
    """
    if not words:
        raise ConfigError(
            f"{verb}: which runs? Words such as id=3f2a or stack='adam/*' are expected; id='*' is all."
        )
    if published := [word for word in words if word.startswith("from=")]:
        raise ConfigError(f"{shortened(published[0])}: {verb} is about the runs that are stored here.")
    return needed(words)


def _amount(of: Garbage) -> str:
    if of.ids:
        return counted(len(of.ids), "run")
    size = f"{of.size / 1e6:.1f} MB" if of.size >= 1e5 else f"{of.size / 1e3:.1f} kB"
    return f"{counted(len(of.paths), 'file')}, {size}"
