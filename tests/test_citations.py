"""Every section of docs/reports/ that is cited is there, and the reports are named alike everywhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from shipped import SHIPPED

from hyperopt.experiments.report import REPORTS as NAMED
from hyperopt.findings.study import STUDY

ROOT = Path(__file__).parents[1]
REPORTS = ROOT / "docs" / "reports"
CITATION = re.compile(r'docs/reports/(\w+\.md)((?:(?:, | and )"[^"\n]+")*)')
HEADING = re.compile(r"^##+ (.+)$", re.MULTILINE)
CITING = ("hyperopt", "conf", "experiments", "tests", "benchmarks", "docs", "results")


def citations() -> Iterator[tuple[Path, str, str]]:
    """Each (citing file, page, heading); the heading is empty where the whole page is cited."""
    for folder in CITING:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".yaml", ".md"}:
                text = re.sub(r"\n[ #]*", " ", path.read_text(encoding="utf-8"))
                for page, headings in CITATION.findall(text):
                    yield from ((path, page, h) for h in re.findall(r'"([^"]+)"', headings) or [""])


def test_cited_pages_and_headings_exist() -> None:
    pages = {page.name: page.read_text(encoding="utf-8") for page in REPORTS.glob("*.md")}
    sections = {name: {"", *HEADING.findall(text)} for name, text in pages.items()}
    cited = list(citations())
    assert len(cited) > 80
    assert [citation for citation in cited if citation[2] not in sections.get(citation[1], set())] == []


def test_every_page_is_listed_in_their_readme() -> None:
    listed = re.findall(r"\]\((\w+\.md)\)", (REPORTS / "README.md").read_text(encoding="utf-8"))
    assert {"README.md", *listed} == {page.name for page in REPORTS.glob("*.md")}


@pytest.mark.parametrize("page", ["README.md", "docs/reports/README.md", "results/README.md"])
def test_each_report_is_named_and_linked(page: str) -> None:
    text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    assert [slug for slug, report in NAMED.items() if report.title not in text] == []
    assert [slug for slug, report in NAMED.items() if report.authors not in text] == []
    assert [slug for slug in NAMED if f"{slug}.md)" not in text] == []


def test_a_report_is_a_folder_of_experiments_and_so_is_our_own_study() -> None:
    assert {*NAMED, STUDY} == {path.name for path in (ROOT / "experiments").iterdir() if path.is_dir()}


def test_links_between_documents_lead_somewhere() -> None:
    """Also to a heading of the page, by the name that GitHub gives it; what a command prints is no link."""
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "results" / "README.md"]
    broken = []
    for document in documents:
        text = re.sub(
            r"^````.*?^````$", "", document.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
        )
        for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
            path, _, anchor = target.partition("#")
            page = document.parent / path if path else document
            if not page.exists() or (anchor and anchor not in anchors(page)):
                broken.append((document.name, target))
    assert broken == []


def test_notes_on_an_experiment_name_others_by_links_to_their_pages() -> None:
    names = {*SHIPPED, *(id_.split("/")[1] for id_ in SHIPPED if "_" in id_.split("/")[1])}
    link, name = r"\[[^]]*\]\(([^)\s]+)\)", rf"(?<![\w/])(?:{'|'.join(names)})(?!\w)"
    for id_, experiment in SHIPPED.items():
        for note in experiment.notes:
            assert re.findall(name, re.sub(link, "", note)) == [], (id_, note)
            for target in re.findall(link, note):
                assert (ROOT / "results" / id_).parent.joinpath(target).is_file(), (id_, target)


def anchors(page: Path) -> set[str]:
    """The names of a page's headings in links."""
    headings = HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
