"""Builds the files of the site in memory."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from hyperopt.errors import ConfigError
from hyperopt.figures.style import COLOURS
from hyperopt.findings.verdicts import Verdict
from hyperopt.findings.view import View
from hyperopt.pages import alphas, csv_file, page
from hyperopt.pages.answer import quoted
from hyperopt.pages.blocks import Block, Picture, Sentences
from hyperopt.pages.claims import said
from hyperopt.pages.markdown import bound, rows_named
from hyperopt.pages.origin import command
from hyperopt.site.charts import figure_of
from hyperopt.site.drawings import effect
from hyperopt.site.evidence import cells_of, evidence
from hyperopt.site.front import SIGNS, front
from hyperopt.site.heatmaps import heat_tables
from hyperopt.site.html import Writer
from hyperopt.wording import Tell, numbered, untold

FILES = Path(__file__).parent / "files"
SCRIPTS = ("page.js", "charts.js", "front.js", "own.js")
SECTIONS = (
    "head",
    "missing",
    "answer",
    "shown",
    "pictures",
    "comparison",
    "order",
    "times",
    "sentences",
    "origin",
)
TITLES = {
    "shown": "Numbers",
    "comparison": "Comparison",
    "order": "Order",
    "times": "Times",
    "sentences": "Sentences",
    "origin": "Origin",
}
ON_DARK = {"#000000": "#F2F2F2", "#0072B2": "#8793FF", "#7F7F7F": "#A6A6A6"}
"""Colours that are too dark for a dark page, with their replacements."""

Files = dict[str, str | bytes]


def site(found: Mapping[str, Sequence[View]], tell: Tell = untold) -> Files:
    """Return the files of the published site by path.

    Args:
        found: the views of each experiment from `views_of`, by the experiment's id.
        tell: receives lines about the progress.

    Raises:
        ConfigError: plotly is not installed.
    """
    files = assets()
    shown = {name: views[-1] for name, views in found.items()}
    files["index.html"] = template("front.html").render(root="", front=front(shown), signs=SIGNS)
    for name, views in numbered(found.items(), "writing page", tell):
        files |= _page(name, views, frozenset(found))
    files[".nojekyll"] = ""
    return files


def assets() -> Files:
    """Return the files that all pages share: plotly, the style sheet, the scripts."""
    files: Files = {f"assets/{name}": (FILES / name).read_text(encoding="utf-8") for name in SCRIPTS}
    files["assets/style.css"] = (FILES / "style.css").read_text(encoding="utf-8") + _palette()
    files["assets/plotly.min.js"] = _plotly()
    return files


@cache
def template(name: str) -> Any:
    """Return a template, which escapes all its arguments."""
    return _environment().get_template(name)


def data(value: Mapping[str, Any]) -> str:
    """Return a script with data as deflated JSON in base64, which `page.js` unpacks.

    It is a script because pages opened from a disk cannot fetch other files.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    letters = text.encode(errors="backslashreplace")  # a file name may contain bytes that are not UTF-8
    packed = base64.b64encode(zlib.compress(letters, level=9)).decode("ascii")
    return f'window.DATA = "{packed}";\n'


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FILES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _plotly() -> bytes:
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise ConfigError("plotly is not installed here: pip install 'hyperopt-stacks[site]'.")
    return (Path(spec.origin).parent / "package_data" / "plotly.min.js").read_bytes()


def _palette() -> str:
    """Return the colours of figures as CSS variables, for light and dark pages."""
    light = " ".join(f"--c{i}: {colour};" for i, colour in enumerate(COLOURS))
    dark = " ".join(f"--c{i}: {ON_DARK.get(colour, colour)};" for i, colour in enumerate(COLOURS))
    return f"\n:root {{ {light} }}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"


def _page(name: str, views: Sequence[View], pages: frozenset[str]) -> Files:
    view = views[-1]
    experiment = view.experiment
    sections, figure = page.sections(views), figure_of(view)
    html = {key: _writer(key, view, pages).html(blocks) for key, blocks in sections.items()}
    text = template("page.html").render(
        root="../",
        name=name,
        title=experiment.title,
        html={key: html.get(key, "") for key in SECTIONS},
        titles={key: title for key, title in TITLES.items() if html.get(key)},
        file=name.rpartition("/")[2],
        learned=any(record.hyperparameters for record in view.runs.values()),
    )
    given = {
        "csv": alphas.csv(view) if experiment.lists else csv_file.csv(views),
        "command": command(experiment, view.seeds),
        "figure": figure,
        **evidence(view),
    }
    return {f"{name}.html": text, f"{name}.js": data(given)}


def _writer(section: str, view: View, pages: frozenset[str]) -> Writer:
    """Return the writer of a section, which replaces pictures by live ones and adds drawings to sentences."""
    plain = Writer(pages)

    def picture(block: Block) -> Markup:
        assert isinstance(block, Picture)
        return _live(view) if block.file.endswith(".svg") else Markup()

    def listed(block: Block) -> Markup:
        assert isinstance(block, Sentences)
        sentences = [(i, v, quoted(v, view.experiment)) for i, v in enumerate(block.verdicts, 1)]
        return Markup(template("sentences.html").render(sentences=sentences, signs=SIGNS))

    def judged(block: Block) -> Markup:
        assert isinstance(block, Sentences)
        sentences = [
            (i, v, plain.prose(said(v, view.experiment, whole=True)), _effects(v))
            for i, v in enumerate(block.verdicts, 1)
        ]
        return Markup(template("judged.html").render(sentences=sentences, signs=SIGNS))

    shown = {Picture: picture, Sentences: judged if section == "sentences" else listed}
    return Writer(pages, cells_of(view), shown)


def _live(view: View) -> Markup:
    """Return the container of a live figure, or a heat map."""
    experiment = view.experiment
    if experiment.heatmap is None:
        return Markup('<div id="figure"></div>')
    maps = heat_tables(view, cells_of(view))
    return Markup(
        template("heatmaps.html").render(maps=maps, figure=experiment.heatmap, reference=experiment.reference)
    )


def _effects(verdict: Verdict) -> list[tuple[str, Markup]]:
    """Return the drawings of a sentence's rows with their labels; [] if the sentence cannot be told."""
    if verdict.outcome == "cannot be told":
        return []
    drawings = []
    for row in verdict.rows:
        of = f"{row.tested.check.of}: " if row.tested.check.of else ""
        claimed = f"claimed {bound(row.tested.check.bound)}: {row.outcome}"
        drawings.append((f"{of}{rows_named(row.tested.rows)}, {claimed}", effect(row)))
    return [(label, drawing) for label, drawing in drawings if drawing]
