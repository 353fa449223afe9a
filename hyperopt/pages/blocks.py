"""What a page consists of, before it is written: prose, tables, pictures, commands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperopt.pages import markdown

if TYPE_CHECKING:
    from hyperopt.findings.verdicts import Verdict

Place = tuple[str, str]
"""The label of a row and the name of a column: a cell of an experiment."""


@dataclass(frozen=True)
class Table:
    """A table; as a string it is a pipe table.

    Attributes:
        header: the heads of its columns.
        rows: its cells. One that is all between ** stands out; one between ` is code.
        left: the heads of the columns that are aligned to the left.
        places: for each row the cells of the experiment that it shows; () where it shows none.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: Sequence[str] = ()
    places: Sequence[Sequence[Place]] = ()

    def __str__(self) -> str:
        return markdown.table(self.header, self.rows, self.left)


@dataclass(frozen=True)
class Folded:
    """Blocks that open with a click on their summary."""

    summary: str
    blocks: Sequence[Block]

    def __str__(self) -> str:
        return markdown.folded(self.summary, text(self.blocks))


@dataclass(frozen=True)
class Picture:
    """The picture of an experiment, in a file beside its page."""

    title: str
    file: str

    def __str__(self) -> str:
        return f"![{self.title}]({self.file})"


@dataclass(frozen=True)
class Commands:
    """Commands for a shell, one a line."""

    lines: Sequence[str]

    def __str__(self) -> str:
        return "\n".join(["```", *self.lines, "```"])


@dataclass(frozen=True)
class Sentences:
    """Sentences of a report and what our runs say of them; `written` is their list as Markdown."""

    verdicts: Sequence[Verdict]
    written: str

    def __str__(self) -> str:
        return self.written


Block = str | Table | Folded | Picture | Commands | Sentences
"""A string is Markdown."""


def text(blocks: Iterable[Block]) -> str:
    """Blocks as Markdown; what is empty is left out."""
    return "\n\n".join(filter(None, map(str, blocks)))
