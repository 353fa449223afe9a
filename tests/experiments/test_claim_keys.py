"""Claims read from a file: names of rows and columns, whatever way the numbers in them are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from figures_fake import GRID, GROUPS
from hypothesis import given
from hypothesis import strategies as st

from hyperopt.errors import shown
from hyperopt.experiments import read
from hyperopt.experiments.experiment import Experiment, ExperimentError
from hyperopt.experiments.reading.names import found, spelled


def written(tmp_path: Path, text: str) -> Experiment:
    path = tmp_path / "figure9.yaml"
    path.write_text(text)
    return read(path, "report/figure9")


@given(st.floats(1e-9, 1e9), st.sampled_from(["{!r}", "{:.17e}", "{:.17E}"]))
def test_a_number_in_a_name_may_be_written_in_any_way(value: float, form: str) -> None:
    label, text = f"β {shown(value)}, α", f"β {form.format(value)}, α"
    assert spelled(text) == label
    assert found(text, ["β 2, α 2", label]) == label
    assert found(value, [shown(value)]) == shown(value)


def test_a_label_that_is_there_stands_as_it_is_written() -> None:
    assert found("up to 1e-4", ["up to 0.0001", "up to 1e-4"]) == "up to 1e-4"
    assert found("up to 1.0e-4", ["up to 1e-4"]) == "up to 1e-4"
    assert spelled("SGD2 v1.5, Adam^0.5") == "SGD2 v1.5, Adam^0.5", "what is part of a word is none"


def test_rows_and_columns_of_a_claim_are_named_by_number(tmp_path: Path) -> None:
    small = (
        GRID.replace("0.01", "1e-5")
        .replace("values: [0.1, 1]", "values: [1.0e-6, 1]")
        .replace("[0.1, 1]", "[1e-6, 1]")
    )
    numbers = small.replace('each_of: ["0.1", "1e-5"]', "each_of: [0.1, 0.00001]")
    assert numbers != small
    [claim] = written(tmp_path, numbers.replace("column: worst", "column: β 1.0e-6")).claims
    assert claim.checks[0].rows == ("0.1", "1e-05")
    assert claim.checks[0].effect.minuend.column == "β 1e-06"
    groups = GROUPS.replace("SGD 0.1]", "SGD 1.0e-3]")
    assert written(tmp_path, groups).claims[0].checks[0].rows == ("SGD 0.001",)


def test_a_number_that_names_no_row_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match=r"no row 'SGD 0\.2'"):
        written(tmp_path, GROUPS.replace("SGD 0.1]", "SGD 0.20]"))


def test_a_misspelt_key_of_a_claim_is_named(tmp_path: Path) -> None:
    assert "within: 0.5" in GROUPS
    with pytest.raises(ExperimentError, match="claim has no key 'morethan'; did you mean more_than"):
        written(tmp_path, GROUPS.replace("within: 0.5", "morethan: 0.5"))
    with pytest.raises(ExperimentError, match="claim has no key 'eachof'; did you mean each_of"):
        written(tmp_path, GROUPS.replace("each_of: [SGD 0.1]", "eachof: [SGD 0.1]"))
