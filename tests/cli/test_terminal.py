"""What a terminal shows of a page fits it, whatever its width."""

import io
from pathlib import Path

import pytest
from fake_records import ERRORS, SMALL, records
from rich.console import Console

from hyperopt.cli import main, pages
from hyperopt.cli.terminal import show
from hyperopt.experiments import load, read
from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.view import views_of

HARMLESS = SMALL.replace("Adam / SGD(α)", "Adam [bold]/[/] SGD(α)")
"""A heading that rich would take for its markup."""


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    path = tmp_path / "table9.yaml"
    path.write_text(HARMLESS)
    return read(path, "report/table9")


def shown(experiment: Experiment, width: int, errors: dict = ERRORS) -> str:
    screen = io.StringIO()
    view = views_of(experiment, records(experiment, errors))[0]
    show(Console(file=screen, width=width), view, ["where it lies"])
    return screen.getvalue()


def test_ours_stand_beside_the_reports_and_disagreement_is_marked(experiment: Experiment) -> None:
    text = shown(experiment, 100)
    assert "5.00% (5.00)" in text
    assert "76.87%† (60.00)" in text
    assert "≠" not in text.partition("Means")[0]
    apart = shown(experiment, 100, {**ERRORS, ("0.1", "clip"): [14.0, 15.0, 16.0]})
    assert "15.00% ≠ (4.00)" in apart
    assert "Adam [bold]/[/] SGD(α)" in text
    assert text.splitlines()[-1] == "where it lies"


def test_every_claim_has_one_line_with_its_verdicts(experiment: Experiment) -> None:
    text = shown(experiment, 200)
    assert [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("- ")] == [
        "Clipping helps.",
        "It does no harm.",
        "It may help.",
    ]


def test_a_dumb_terminal_has_its_own_width(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"HYPEROPT_HOME": str(tmp_path), "TERM": "dumb", "COLUMNS": "60"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(pages, "terminal_width", lambda: 60)
    assert main(["tables", "clipping/table2", "from=published"]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    assert len(rows) > 5
    assert max(map(len, rows)) <= 60


@pytest.mark.parametrize("width", [40, 80, 120])
def test_every_shipped_table_and_figure_fits(width: int) -> None:
    for experiment in load("clipping/*", "adabelief_amsgrad/table4", "steroids/*"):
        screen = io.StringIO()
        show(Console(file=screen, width=width), views_of(experiment, {})[0], [])
        assert max(map(len, screen.getvalue().splitlines())) <= width, experiment.id
