"""Publishing: finished runs copied into results/records, and the pages in results/ made from them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from hyperopt.experiments import load
from hyperopt.experiments.experiment import Experiment
from hyperopt.files import results_dir
from hyperopt.findings import timings
from hyperopt.findings.view import view_of
from hyperopt.pages import Page
from hyperopt.pages import render as render_page
from hyperopt.pages.contents import contents
from hyperopt.pages.excerpt import excerpt, fill
from hyperopt.records import Record, Store, read_records, write_records

__all__ = ["publish", "render", "seeds_in", "write_page", "write_pictures"]


def publish(experiments: Sequence[Experiment], store: Store, results: Path | None = None) -> dict[str, Page]:
    """Copy what the working store has of these experiments to the published records; render their pages.

    A published record stays, also where the store holds another of the same run, or where its experiment no
    longer asks for it. Seeds beyond the experiment's own are published once all their runs are there.

    Args:
        experiments: what to publish.
        store: the working store.
        results: the folder of published results; the checkout's by default.

    Returns:
        The pages, by experiment id.
    """
    results = results or results_dir()
    records = store.load()
    for experiment in experiments:
        path = _records(experiment, results)
        kept = {record.id: record for record in read_records(path)} if path.is_file() else {}
        there = records | kept
        wanted = {run.id for run in experiment.runs(seeds_in(there, experiment, _seeds(there)))}
        wanted |= timings.ids(experiment)
        merged = {id_: record for id_, record in records.items() if id_ in wanted} | kept
        if merged.keys() > kept.keys():
            write_records(path, merged.values())
    return render(experiments, results)


def render(
    experiments: Sequence[Experiment], results: Path | None = None, *, pictures: bool = True
) -> dict[str, Page]:
    """Rewrite pages from published records, with the list of pages and the excerpts in the project's README.

    Args:
        experiments: whose pages.
        results: the folder of published results; the checkout's by default.
        pictures: also draw the pictures of figures.

    Returns:
        The pages, by experiment id; an experiment without a published run has none, unless it needs what is
        not at hand everywhere: then its page says so.
    """
    results = results or results_dir()
    everything = [one for one in load() if one.needs or _records(one, results).is_file()]
    published = Store(results / "records").load()
    known = _seeds(published)
    seeds = {experiment.id: seeds_in(published, experiment, known) for experiment in everything}
    pages = _pages(everything, published, seeds)
    written = {}
    for experiment in experiments:
        if page := pages.get(experiment.id):
            written[experiment.id] = page
            write_page(results, experiment.id, page)
            if pictures:
                write_pictures(results, experiment, published, seeds[experiment.id])
    _write(results / "README.md", contents(pages))
    _fill(results.parent / "README.md", everything, published)
    return written


def write_page(folder: Path, name: str, page: Page) -> Path:
    """Write a page as `<folder>/<name>.md`, its numbers as .csv beside it; where the page lies."""
    path = folder / f"{name}.md"
    _write(path, page.markdown)
    _write(path.with_suffix(".csv"), page.csv)
    return path


def write_pictures(
    folder: Path, experiment: Experiment, records: Mapping[str, Record], seeds: Sequence[int]
) -> list[Path]:
    """Draw a figure as `<folder>/<id>.svg` and .png, a table's pictures as .png; where they lie."""
    if experiment.kind == "figure":
        from hyperopt.figures.draw import pictures as draw  # matplotlib, which only figures need
    elif experiment.pictures:
        from hyperopt.figures.gallery import gallery as draw
    else:
        return []
    drawn = draw(experiment, records, seeds)
    return [_write((folder / experiment.id).with_suffix(f".{kind}"), data) for kind, data in drawn.items()]


def seeds_in(records: Collection[str], experiment: Experiment, seeds: Iterable[int]) -> tuple[int, ...]:
    """The experiment's own seeds, and those of `seeds` of which all its runs are among the records.

    A seed of which only some run is there came from elsewhere: it would fill the page with missing cells.
    """
    others = sorted(set(seeds) - set(experiment.seeds))
    cells = list(experiment.cells()) if others else []
    complete = [
        seed for seed in others if all(run.id in records for cell in cells for run in cell.runs(seed))
    ]
    return (*experiment.seeds, *complete)


def _records(experiment: Experiment, results: Path) -> Path:
    """The file of an experiment's published records; of one that lists another's alphas, the other's.

    Runs that some other experiment has published do not publish this one.
    """
    return results / "records" / f"{(experiment.lists or experiment).id}.parquet"


def _fill(readme: Path, experiments: Sequence[Experiment], published: Mapping[str, Record]) -> None:
    """Put the published numbers into the excerpts of the project's README."""
    if not readme.is_file():
        return
    by_id = {experiment.id: experiment for experiment in experiments}

    def excerpt_of(name: str) -> str | None:
        experiment = by_id.get(name)
        return excerpt(view_of(experiment, published, experiment.seeds)) if experiment else None

    before = readme.read_text(encoding="utf-8")
    if (after := fill(before, excerpt_of)) != before:
        _write(readme, after)


def _seeds(records: Mapping[str, Record]) -> set[int]:
    return {record.config["seed"] for record in records.values()}


def _pages(
    experiments: Sequence[Experiment],
    published: Mapping[str, Record],
    seeds: Mapping[str, Sequence[int]],
) -> dict[str, Page]:
    return {
        experiment.id: render_page(experiment, published, seeds[experiment.id])
        for experiment in experiments
        if experiment.needs
        or any(run.id in published for run in (experiment.lists or experiment).runs(seeds[experiment.id]))
    }


def _write(path: Path, content: str | bytes) -> Path:
    """Write aside and rename: readers see the whole file or the old one; text in UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_bytes(content.encode() if isinstance(content, str) else content)
    return part.replace(path)
