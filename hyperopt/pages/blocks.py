"""The blocks that a page consists of: prose, tables, pictures, commands."""

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
    """A table; `str` gives a pipe table.

    Attributes:
        header: the headers of its columns.
        rows: its cells, in Markdown; a cell within ** is emphasized, one within ` is code.
        left: the headers of the left-aligned columns.
        places: the experiment's cells that each row shows; () if the table shows none.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: Sequence[str] = ()
    places: Sequence[Sequence[Place]] = ()

    def __str__(self) -> str:
        return markdown.table(self.header, self.rows, self.left)


@dataclass(frozen=True)
class Folded:
    """Blocks that are hidden until their summary is clicked."""

    summary: str
    blocks: Sequence[Block]

    def __str__(self) -> str:
        return markdown.folded(self.summary, text(self.blocks))


@dataclass(frozen=True)
class Picture:
    """A picture, in a file beside the page."""

    title: str
    file: str

    def __str__(self) -> str:
        return f"![{self.title}]({self.file})"


@dataclass(frozen=True)
class Commands:
    """Shell commands, one per line."""

    lines: Sequence[str]

    def __str__(self) -> str:
        return "\n".join(["```", *self.lines, "```"])


@dataclass(frozen=True)
class Sentences:
    """Sentences of a report with their verdicts; `written` is the list in Markdown."""

    verdicts: Sequence[Verdict]
    written: str

    def __str__(self) -> str:
        return self.written


Block = str | Table | Folded | Picture | Commands | Sentences
"""A string is Markdown."""


def text(blocks: Iterable[Block]) -> str:
    """Return blocks as Markdown, without empty ones."""
    return "\n\n".join(filter(None, map(str, blocks)))
