"""The files of the site: the numbers of the Markdown pages, text that stays text, no network."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest
from site_pages import HOSTILE, data_of, hostile_view

from hyperopt.cli.site import write_files
from hyperopt.errors import ConfigError
from hyperopt.figures.style import COLOURS
from hyperopt.findings.view import View
from hyperopt.pages.page import render
from hyperopt.site.build import site
from hyperopt.site.front import front


class Tables(HTMLParser):
    """The texts of all cells of every table that Markdown has too, table by table."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[list[list[str]]] = []
        self.cell: list[str] | None = None
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.inside = ("class", "sortable") in attrs
            if self.inside:
                self.found.append([])
        elif tag == "tr" and self.inside:
            self.found[-1].append([])
        elif tag in ("td", "th") and self.inside:
            self.cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self.cell is not None:
            self.found[-1][-1].append("".join(self.cell).strip())
            self.cell = None

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell.append(data)


def of_html(text: str) -> list[list[list[str]]]:
    parser = Tables()
    parser.feed(text)
    return parser.found


def of_markdown(text: str) -> list[list[list[str]]]:
    """The same of a Markdown page; its emphasis is left out."""
    tables: list[list[list[str]]] = []
    before = ""
    for line in text.splitlines():
        if line.startswith("|") and not set(line) <= set("|:-"):
            if not before.startswith("|"):
                tables.append([])
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            tables[-1].append([strong(cell.replace("\\|", "|")) for cell in cells])
        before = line
    return tables


def strong(cell: str) -> str:
    for mark in ("**", "`"):
        if len(cell) > 2 * len(mark) and cell.startswith(mark) and cell.endswith(mark):
            return cell[len(mark) : -len(mark)].strip()
    return cell


def test_every_table_has_the_cells_of_the_markdown_page(
    published: Mapping[str, Sequence[View]], files: Mapping[str, str | bytes]
):
    count = 0
    for name, views in published.items():
        there, here = of_markdown(render(views).markdown), of_html(str(files[f"{name}.html"]))
        assert here == there, name
        count += sum(len(row) for table in here for row in table)
    assert count > 10_000


def test_the_seeds_of_a_cell_are_those_of_its_measurement(
    published: Mapping[str, Sequence[View]], files: Mapping[str, str | bytes]
):
    view = published["clipping/table2"][-1]
    data = data_of(files["clipping/table2.js"])
    for measured, cell in zip(view.measurements.values(), data["cells"], strict=True):
        assert (cell["row"], cell["column"]) == (measured.cell.row, measured.cell.column)
        assert {seed: value for seed, value, *_ in cell["seeds"]} == pytest.approx(measured.by_seed, rel=1e-5)
        for seed, _, lost, [run] in cell["seeds"]:
            id_, of_run, setting, *_ = data["runs"][run]
            assert (id_, of_run) == (measured.cell.run(seed).id, seed)
            assert data["settings"][setting]["config"] == {
                key: value for key, value in view.runs[id_].config.items() if key != "seed"
            }
            assert bool(lost) == (seed in measured.diverged)


def test_the_sentences_on_the_first_page_are_all_of_them_with_their_verdicts(
    published: Mapping[str, Sequence[View]], files: Mapping[str, str | bytes]
):
    told = re.findall(r'<li class="found"[^>]* data-verdict="([^"]*)"', str(files["index.html"]))
    verdicts = [
        verdict.outcome
        for views in published.values()
        for verdict in views[-1].verdicts
        if views[-1].measured and not verdict.claim.same_as
    ]
    assert sorted(told) == sorted(verdicts)
    assert len(verdicts) > 100


def test_the_first_page_counts_what_the_list_of_results_counts(published: Mapping[str, Sequence[View]]):
    """Sentences by verdict, and the numbers of each report that agree."""
    told = (Path(__file__).parents[2] / "results" / "README.md").read_text(encoding="utf-8")
    made = front({name: views[-1] for name, views in published.items()})
    total = re.search(r"\*\*Of (\d+) sentences of the reports ", told)
    rows = {row[1]: row[2] for row in re.finditer(r"^\| \[(\w+)\]\(#\w+\) *\|(.*)\|$", told, re.MULTILINE)}
    assert total
    assert sum(made.tally.sentences.values()) == int(total[1])
    for report in made.reports:
        if report.slug in rows:
            assert report.numbers.startswith(f"{rows[report.slug].split('|')[-2].strip()} numbers agree")
    assert len(rows) == 5


def test_no_page_names_an_address_of_a_network(files: Mapping[str, str | bytes]):
    for name, content in files.items():
        if name.endswith((".html", ".css")) or (name.endswith(".js") and "plotly" not in name):
            addresses = set(re.findall(r"https?://[^\s\"'<>)]*", str(content)))
            assert addresses <= {"http://www.w3.org/2000/svg"}, name
        if name.endswith(".html"):
            assert "default-src 'none'" in str(content)
            assert "unsafe-eval" not in str(content)


def test_it_is_small(files: Mapping[str, str | bytes]):
    size = sum(len(content.encode() if isinstance(content, str) else content) for content in files.values())
    assert size < 12e6


def test_its_colours_are_those_of_the_pictures(files: Mapping[str, str | bytes]):
    css = str(files["assets/style.css"])
    assert all(f"--c{i}: {colour};" in css for i, colour in enumerate(COLOURS))


def test_what_records_and_experiments_say_stays_text(tmp_path: Path):
    files = site({"report/table9": [hostile_view(tmp_path)]})
    for name in ("index.html", "report/table9.html"):
        text = str(files[name])
        assert HOSTILE not in text
        assert "<img" not in text
        assert "alert(1)" in text
        assert not re.search(r"<script(?! src=)", text)


def test_a_page_stays_within_the_folder_and_old_pages_go(tmp_path: Path):
    folder = tmp_path / "site"
    write_files(folder, {"a/b.html": "old", "index.html": ""})
    write_files(folder, {"index.html": "new"})
    assert (folder / "index.html").read_text() == "new"
    assert not (folder / "a/b.html").exists()
    with pytest.raises(ConfigError, match="within"):
        write_files(folder, {"../out.html": ""})
    assert not (tmp_path / "out.html").exists()
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.html").write_text("mine")
    with pytest.raises(ConfigError, match="none of a site"):
        write_files(other, {"index.html": ""})
    assert [path.name for path in other.iterdir()] == ["thesis.html"]
