"""Publishing: copies finished runs into results/records and renders the pages in results/ from them."""

from __future__ import annotations

import logging
import os
import re
from collections import ChainMap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hyperopt.durable import Lock, as_bytes, write
from hyperopt.errors import ImpossibleError
from hyperopt.experiments import Experiment, ExperimentError, load
from hyperopt.files import checkout_root, results_dir
from hyperopt.findings import method_costs, timings
from hyperopt.findings.next_look import shown_seeds
from hyperopt.findings.study import STUDY, curves_of, experiments_of_study, study
from hyperopt.findings.view import View, ids_of, views_of
from hyperopt.pages import which_stack
from hyperopt.pages.contents import contents
from hyperopt.pages.csv_file import sentences
from hyperopt.pages.excerpt import excerpt, fill
from hyperopt.pages.page import Page
from hyperopt.pages.page import render as render_page
from hyperopt.records import Record, Store, read_records, write_records
from hyperopt.wording import Tell, numbered, untold

LOG = logging.getLogger(__name__)
OF_DOCS = r"\[([^]]*)\]\(\.\./\.\./docs/([^)]*)\)"


def publish(
    experiments: Sequence[Experiment], store: Store, results: Path | None = None, tell: Tell = untold
) -> dict[str, Page]:
    """Copy the experiments' records from the working store to the published ones and render their pages.

    A published record stays, even if the store has another record of the same run or the experiment no longer
    asks for it. All finished runs with seeds of the experiment's looks are published, so that a look can be
    trained in parts on several machines; of other seeds only those for which all runs are present.

    Args:
        experiments: what to publish.
        store: the working store.
        results: the folder of published results; the checkout's by default.
        tell: receives lines about the progress.

    Returns:
        The pages by experiment id, including those of other experiments that the new runs changed.
    """
    results = results or results_dir()
    with _locked(results):
        published, new = Store(results / "records"), set[str]()
        for experiment in numbered(experiments, "copying the runs of page", tell):
            new |= _publish(experiment, store, published, _records(experiment, results))
        return _render(experiments, results, drawings=True, new=new, tell=tell)


def publish_own(experiments: Sequence[Experiment], store: Store, tell: Tell = untold) -> dict[str, Page]:
    """Publish the user's own experiments into `results/` of their folder."""
    for experiment in numbered(experiments, "copying the runs of page", tell):
        results = own_results(experiment)
        with _locked(results):
            _publish(experiment, store, Store(results / "records"), _records(experiment, results))
    return render_own(experiments, tell)


def render_own(experiments: Sequence[Experiment], tell: Tell = untold) -> dict[str, Page]:
    """Render the pages of the user's own experiments from the records in their folder."""
    pages = {}
    for experiment in numbered(experiments, "writing page", tell):
        results = own_results(experiment)
        published = Store(results / "records").load()
        seeds = shown_seeds(experiment, published)
        views = views_of(experiment, published, seeds, by_looks=True)
        if views[-1].origin.found:
            pages[experiment.id] = render_page(views)
            write_page(results, experiment.id, pages[experiment.id])
            write_drawings(results, views)
    return pages


def is_published(experiment: Experiment) -> bool:
    """Return whether an experiment has published records."""
    return _records(experiment, own_results(experiment) if experiment.folder else results_dir()).is_file()


def own_results(experiment: Experiment) -> Path:
    """Return the results folder of a user's own experiment."""
    assert experiment.folder is not None
    return experiment.folder / "results"


def _publish(experiment: Experiment, store: Store, published: Store, path: Path) -> set[str]:
    """Add an experiment's records to its published ones; return the new ids."""
    kept = {record.id: record for record in (read_records(path) if path.is_file() else ())}
    records = ChainMap(kept, _of_looks(experiment, published), _of_looks(experiment, store))
    asked = {*experiment.seeds_of_looks, *shown_seeds(experiment, records)}
    wanted = {run.id for run in experiment.runs(sorted(asked))} | timings.ids(experiment)
    before = published.ids()
    if new := wanted & store.ids() - kept.keys():
        there = [replace(record, by_step={}) for record in store.load(new).values()]
        write_records(path, [*kept.values(), *there])
    return new - before


def _of_looks(experiment: Experiment, store: Store) -> dict[str, Record]:
    """Return the experiment's records with the seeds of its looks and with any seeds in the store."""
    seeds = {*experiment.seeds_of_looks, *store.seeds()}
    return store.load(ids_of(experiment, sorted(seeds)))


def render(
    experiments: Sequence[Experiment],
    results: Path | None = None,
    *,
    drawings: bool = True,
    tell: Tell = untold,
) -> dict[str, Page]:
    """Render pages and their list from published records, and fill the excerpts in the project's README.

    Args:
        experiments: the experiments to render.
        results: the folder of published results; the checkout's by default.
        drawings: also draw the figures and the pictures that runs store.
        tell: receives lines about the progress.

    Returns:
        The pages, by experiment id. An experiment without published runs has no page, unless it needs
        hardware that not every machine has; its page then says so.
    """
    results = results or results_dir()
    with _locked(results):
        return _render(experiments, results, drawings=drawings, tell=tell)


def _locked(results: Path) -> Lock:
    """Let only one command write results at a time, so that publications merge and no page is partial."""
    return Lock(results / "local" / ".publish.lock")


def _render(
    experiments: Sequence[Experiment],
    results: Path,
    *,
    drawings: bool,
    tell: Tell,
    new: Collection[str] | None = None,
) -> dict[str, Page]:
    """Write the pages of these experiments.

    If there may be new runs, pages that show one of them are written too, and so is every page whose text
    changed: a new run that a page does not show yet can make its next look cheaper.
    """
    views = published_views(results, tell)
    pages = {name: render_page(found) for name, found in views.items()}
    asked = {experiment.id for experiment in experiments}
    if new is not None:
        asked |= {name for name, found in views.items() if not found[-1].shows.isdisjoint(new)}
        asked |= {name for name, page in pages.items() if not _is_written(results, name, page)}
    written = {name: page for name, page in pages.items() if name in asked}
    for name, page in numbered(written.items(), "writing page", tell):
        write_page(results, name, page)
        if drawings:
            write_drawings(results, views[name])
    last = {name: found[-1] for name, found in views.items()}
    write(results / "README.md", contents(pages, last))
    write(results / "sentences.csv", sentences(last))
    _fill(results.parent / "README.md", views)
    if asked & {name for name in last if name.startswith(f"{STUDY}/")}:
        _write_study(results, last, drawings=drawings)
    return written


def _write_study(results: Path, views: Mapping[str, View], *, drawings: bool) -> None:
    """Write the study's page over all workloads, if it has any runs."""
    of_study = {name: view.runs for name, view in views.items() if name.startswith(f"{STUDY}/")}
    if not (runs := dict(ChainMap(*map(dict, of_study.values())))):
        return
    workloads, path = study(curves_of(runs), experiments_of_study()), results / STUDY / "README.md"
    costs = method_costs.read(method_costs.costs_file(results))
    seconds = {name: sum(record.seconds for record in its.values()) for name, its in of_study.items()}
    picture = path.with_suffix(".svg").name
    write(path, which_stack.page(workloads, costs=costs, seconds=seconds, picture=picture))
    if drawings:
        from hyperopt.figures.which_stack import draw_study  # matplotlib

        for kind, drawn in draw_study(workloads).items():
            write(path.with_suffix(f".{kind}"), drawn)


def published_views(results: Path | None = None, tell: Tell = untold) -> dict[str, list[View]]:
    """Return the views of every experiment that has a page, by id, with all published records.

    Raises:
        ImpossibleError: a file of records cannot be read.
        ExperimentError: an experiment that has a page cannot be read. Others are reported and skipped.
    """
    results = results or results_dir()
    store = Store(results / "records")
    published = store.load()
    if store.unreadable:
        raise ImpossibleError(f"{' '.join(store.unreadable)} Pages without its records would be wrong.")
    views = {}

    def pass_over(name: str, error: ExperimentError) -> None:
        if (results / f"{name}.md").is_file():  # without it, the list of pages would be wrong
            raise error
        LOG.warning("%s It is skipped.", error)

    for experiment in numbered(load(unreadable=pass_over), "reading page", tell):
        if experiment.folder:  # a user's own: its results are elsewhere
            continue
        if experiment.needs or _records(experiment, results).is_file():
            shown = shown_seeds(experiment, published)
            found = views_of(experiment, published, shown, by_looks=True)
            if experiment.needs or found[-1].origin.found:
                views[experiment.id] = found
    return views


def leading_to_docs(markdown: str, folder: Path) -> str:
    """Rewrite a page's links to docs/ for a folder at any location."""
    if (root := checkout_root()) is None:
        return re.sub(OF_DOCS, r"\1: docs/\2", markdown)
    docs = Path(os.path.relpath(root / "docs", folder.absolute())).as_posix()
    return re.sub(OF_DOCS, rf"[\1]({docs}/\2)", markdown)


def write_page(folder: Path, name: str, page: Page) -> Path:
    """Write a page as `<folder>/<name>.md`, its numbers as .csv beside it; returns the path of the page."""
    path = folder / f"{name}.md"
    write(path, page.markdown)
    write(path.with_suffix(".csv"), page.csv)
    return path


def _is_written(folder: Path, name: str, page: Page) -> bool:
    """Whether the files of a page hold its text and numbers."""
    path = folder / f"{name}.md"
    texts = {path: page.markdown, path.with_suffix(".csv"): page.csv}
    return all(file.is_file() and file.read_bytes() == as_bytes(text) for file, text in texts.items())


def write_drawings(folder: Path, views: Sequence[View]) -> list[Path]:
    """Draw a figure as `<folder>/<id>.svg` and .png, and pictures stored by a table's runs as .png.

    A figure shows all seeds; pictures are those of the experiment's first own seed. Returns the paths.
    """
    first, last = views[0], views[-1]
    if first.experiment.kind == "figure":
        from hyperopt.figures.draw import draw  # matplotlib, which only figures need

        drawn = draw(last)
    elif first.pictures:
        from hyperopt.figures.gallery import draw_gallery

        drawn = draw_gallery(first)
    else:
        return []
    path = folder / first.experiment.id
    return [write(path.with_suffix(f".{kind}"), data) for kind, data in drawn.items()]


def _records(experiment: Experiment, results: Path) -> Path:
    """Return the file of an experiment's published records; an alpha list uses its experiment's file.

    An experiment counts as published once this file exists, whatever runs other experiments have published.
    """
    return results / "records" / f"{(experiment.lists or experiment).id}.parquet"


def _fill(readme: Path, views: Mapping[str, Sequence[View]]) -> None:
    """Update the excerpts in the project's README with the published numbers."""
    if not readme.is_file():
        return

    def excerpt_of(name: str) -> str | None:
        return excerpt(views[name][-1]) if name in views else None

    before = readme.read_text(encoding="utf-8")
    if (after := fill(before, excerpt_of)) != before:
        write(readme, after)
