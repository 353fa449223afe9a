"""Times of single runs beside the report's."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_records import lines, page_of
from timings_fake import measured, written

from hyperopt.experiments.experiment import Experiment


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    return written(tmp_path / "experiments")


def test_times_are_beside_the_reports_with_their_ratios(experiment: Experiment) -> None:
    page = page_of(experiment, measured(experiment)).markdown
    times_section = page[page.index("## Times") : page.index("## Sentences")]
    assert lines(times_section, "Adam / SGD") == [
        "| Adam / SGD | 44.00 | 1.10 | 22.00 | 2.00 | 2.00 to 2.00 | – | – | – |"
    ]
    assert lines(times_section, "Adam |") == ["| Adam | 40.00 | 1.00 | 11.00 | 1.00 |  | 30.00 | 1.00 |  |"]
    assert "in 3 rounds. Every run had at least 0.97 of a core" in times_section
    assert "in memory, excluding the time for compiling and evaluation." in times_section
    assert "As printed" not in times_section, "the report gives no time for it"


def test_a_claim_about_times_is_judged_by_ratio_and_round(experiment: Experiment) -> None:
    verdicts = page_of(experiment, measured(experiment)).markdown.partition("## Sentences")[2]
    assert lines(verdicts, "1 ") == [
        "| 1 |  | Adam / SGD | 0.9 to 1.1 | 2.00 | – | 3 | 0.25 | 1 × 1 × 1 | 0.2500 "
        "| undecided, no round as claimed |",
        "| 1 |  | Adam / Adam | 0.9 to 1.1 | 1.00 | 0.98 to 1.02 | 3 | 0.002828 | 2 × 1 × 1 | 0.0057 "
        "| holds |",
    ]


def test_seconds_of_another_machine_neither_agree_nor_disagree(experiment: Experiment) -> None:
    page = page_of(experiment, measured(experiment))
    assert page.verdicts.startswith(
        "9 of 12 runs, 3 missing; its one sentence is undecided; 2 of 3 numbers agree"
    ), "3 is far from 4.1; times do not count"


def test_what_is_not_timed_is_said_to_be_missing(experiment: Experiment) -> None:
    assert "Not timed yet: `make times ONLY=report/table9`" in page_of(experiment, {}).markdown
