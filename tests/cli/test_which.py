"""`hyperopt which`."""

from __future__ import annotations

from pathlib import Path

import pytest
from refusals import refusals
from small_studies import record_of

from hyperopt.cli import which as command
from hyperopt.cli.main import main
from hyperopt.experiments import load
from hyperopt.records import write_records

STORE = {"AdamW": [5.0, 0.5, 0.9, 0.2, 0.3, 0.4, 0.6], "DoG": [0.15] * 7}


@pytest.fixture
def _records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store of two methods on Iris and on logistic regression."""
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path))
    for experiment in load("which_stack/iris", "which_stack/logistic"):
        places = {label: iter(losses) for label, losses in STORE.items()}
        cells = [cell for cell in experiment.cells() if cell.row in STORE]
        records = [record_of(cell.run(0), next(places[cell.row])) for cell in cells]
        write_records(tmp_path / "records" / f"{experiment.id.replace('/', '_')}.parquet", records)


@pytest.mark.usefixtures("_records")
def test_the_command_prints_the_page_and_on_a_terminal_three_answers(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["which", "iris", "from=here"]) == 0
    whole = capsys.readouterr().out
    assert whole.startswith("# Which stack should I use?")
    assert "So far this is based on iris only and 2 of 58 methods:" in whole
    assert "(glossary)" in whole
    assert "](" not in whole
    assert "Its page" not in whole
    monkeypatch.setattr(command, "terminal_width", lambda: 40)
    assert main(["which", "*st*", "from=here"]) == 0
    said = capsys.readouterr().out
    assert [said.count(f"{who}: try DoG;") for who in ("No idea of the rate", "A rough idea")] == [1, 1]
    assert '    opt = HyperOptimizer(model.parameters(), "dog")' in said
    assert "format=markdown" in said
    assert "So far this is based on iris and logistic only and 2 of 58" in " ".join(said.split())
    assert "**" not in said
    assert "## " not in said
    assert max(len(line) for line in said.splitlines() if not line.startswith("    ")) <= 40
    assert main(["which", "iris", "logistic", "from=here", "format=markdown"]) == 0
    whole = capsys.readouterr().out
    assert "So far this is based on iris and logistic only and 2 of 58" in whole
    assert "([glossary](../../docs/words.md))" in whole
    assert "[Its page](iris.md)." in whole


test_the_command_refuses_what_it_does_not_know = refusals(
    ("which band=0", "band=0: a number above 0 is expected"),
    ("which target=much", "target=much: a number above 0 is expected"),
    ("which clipping/table2", "clipping/table2: a workload is expected, one of"),
    ("which format=json", "format=json: one of text, markdown is expected"),
    ("which iris bnad=0.1", "bnad=0.1: there is no key 'bnad'; did you mean band?"),
    ("which dataset=iris", "dataset=iris: a workload is expected, one of"),
)
