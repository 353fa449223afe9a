"""Renders the blocks of a page as HTML; text from records and experiments is escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from hyperopt.pages.blocks import Block, Commands, Folded, Picture, Place, Sentences, Table

STRONG, CODE = re.compile(r"\*\*(.*)\*\*", re.DOTALL), re.compile(r"`(.*)`", re.DOTALL)
MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable(["image", "html_block", "html_inline"])


@dataclass(frozen=True)
class Writer:
    """Writes blocks as HTML.

    Attributes:
        pages: the ids of the experiments that have a page.
        cells: the index of each cell, by which a table's row refers to its seeds.
        shown: functions that render sentences and pictures, by the type of block.
    """

    pages: frozenset[str] = frozenset()
    cells: Mapping[Place, int] = field(default_factory=dict)
    shown: Mapping[type, Callable[[Block], Markup]] = field(default_factory=dict)

    def html(self, blocks: Sequence[Block]) -> Markup:
        """Return blocks as HTML, without empty ones."""
        return Markup("\n").join(self._block(block) for block in blocks if str(block))

    def prose(self, text: str) -> Markup:
        """Return Markdown as HTML; links that do not lead to pages of the site become text."""
        tokens = MARKDOWN.parse(text)
        for token in tokens:
            _link(token.children or [], self.pages)
        return Markup(MARKDOWN.renderer.render(tokens, MARKDOWN.options, {}))

    def _block(self, block: Block) -> Markup:
        if type(block) in self.shown:
            return self.shown[type(block)](block)
        if isinstance(block, Table):
            return self._table(block)
        if isinstance(block, Folded):
            inner = self.html(block.blocks)
            return Markup("<details><summary>{}</summary>\n{}\n</details>").format(block.summary, inner)
        if isinstance(block, Commands):
            return commands(block.lines)
        if isinstance(block, Picture | Sentences):
            return Markup()
        return self.prose(block)

    def _table(self, table: Table) -> Markup:
        left = [name in table.left for name in table.header]
        heads = Markup().join(
            Markup('<th scope="col"{}>{}</th>').format(_side(to_left), _cell(name))
            for name, to_left in zip(table.header, left, strict=True)
        )
        places = table.places or [()] * len(table.rows)
        rows = Markup("\n").join(self._row(row, left, at) for row, at in zip(table.rows, places, strict=True))
        return Markup(
            '<div class="wide" tabindex="0" role="region" aria-label="Table"><table class="sortable">'
            "<thead><tr>{}</tr></thead>\n<tbody>\n{}\n</tbody></table></div>"
        ).format(heads, rows)

    def _row(self, row: Sequence[str], left: Sequence[bool], places: Sequence[Place]) -> Markup:
        numbers = " ".join(str(self.cells[place]) for place in places if place in self.cells)
        about = Markup(' data-cells="{}"').format(numbers) if numbers else ""
        first = Markup('<th scope="row"{}>{}</th>').format(_side(left[0]), _cell(row[0]))
        others = (
            Markup("<td{}>{}</td>").format(_side(to_left), _cell(text))
            for text, to_left in zip(row[1:], left[1:], strict=True)
        )
        return Markup("<tr{}>{}{}</tr>").format(about, first, Markup().join(others))


def commands(lines: Sequence[str]) -> Markup:
    """Return commands in a box, to which page.js adds a button to copy them."""
    return Markup('<div class="code"><pre tabindex="0"><code>{}</code></pre></div>').format("\n".join(lines))


def _cell(text: str) -> Markup:
    """Return a table cell: escaped text, in which only emphasis or code of the whole cell is rendered."""
    for pattern, tag in ((STRONG, "strong"), (CODE, "code")):
        if match := pattern.fullmatch(text):
            return Markup(f"<{tag}>{{}}</{tag}>").format(match[1])
    return escape(text)


def _side(to_left: bool) -> str | Markup:
    return Markup(' class="left"') if to_left else ""


def _link(tokens: Sequence[Token], pages: frozenset[str]) -> None:
    """Make links lead to pages of the site, and turn others into plain text, in place."""
    open_: Token | None = None
    for token in tokens:
        if token.type == "link_open":
            page = str(token.attrs.get("href", "")).removeprefix("../").removesuffix(".md")
            token.attrs = {"href": f"../{page}.html"} if page in pages else {}
            token.tag = "a" if page in pages else "span"
            open_ = token
        elif token.type == "link_close" and open_ is not None:
            token.tag = open_.tag
