"""Experiments of one's own: found anywhere, trained, published beside themselves; their schema."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from refusals import refusals

from hyperopt.cli import main
from hyperopt.errors import ConfigError
from hyperopt.experiments import ids, load
from hyperopt.experiments.reading import keys as reading
from hyperopt.experiments.reading.roots import own_root
from hyperopt.experiments.schema import NAME, definitions, schema, written
from hyperopt.files import experiments_dir
from hyperopt.yaml_file import read_yaml


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HYPEROPT_EXPERIMENTS", raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_bare_name_of_a_file_here_is_refused_with_its_path(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("lone", "mine/first"):
        assert main(["new", "table", name]) == 0
        assert main(["tables", name]) == 2
        assert f"did you mean ./{name}.yaml?" in capsys.readouterr().err
    assert main(["tables", "a" * 400]) == 2


@pytest.mark.parametrize("kind", ["table", "figure"])
def test_a_skeleton_runs_as_it_is_and_is_published_beside_itself(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", kind, "mine/first"]) == 0
    assert f"hyperopt {kind}s ./mine/first.yaml" in capsys.readouterr().out
    assert main([f"{kind}s", "./mine/first.yaml", "workers=1", "compile=false"]) == 0
    assert "mine/first" in capsys.readouterr().out
    assert main(["publish", "./mine/first.yaml"]) == 0
    results = tmp_path / "mine" / "results"
    page = (results / "mine" / "first.md").read_text(encoding="utf-8")
    assert "3 seeds" in page
    assert re.search(r"\| +\d+\.\d\d ", page)
    assert (results / "records" / "mine" / "first.parquet").is_file()
    assert (results / "mine" / "first.svg").is_file() == (kind == "figure")
    assert main(["render", "./mine/first.yaml"]) == 0


def test_publishing_what_has_no_finished_run_says_so_and_how_to_train_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, epochs in (("first", 1), ("second", 3)):
        assert main(["new", "table", f"mine/{name}"]) == 0
        path = tmp_path / "mine" / f"{name}.yaml"
        path.write_text(path.read_text().replace("epochs: 20", f"epochs: {epochs}"), encoding="utf-8")
    train = ["tables", "./mine/first.yaml", "workers=1", "compile=false"]
    assert main([*train, "seeds=1", "epochs=2"]) == 0
    capsys.readouterr()
    assert main(["publish", "./mine/first.yaml"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "hyperopt: mine/first: no finished run with its settings and seeds is in "
        f"{tmp_path / 'home' / 'records'}, so nothing is published; "
        "`hyperopt tables ./mine/first.yaml` trains them.\n"
    )
    assert main(train) == 0
    capsys.readouterr()
    for _ in ("new runs", "published runs"):
        assert main(["publish", "./mine/first.yaml"]) == 0
        assert capsys.readouterr() == ("mine/first: its one sentence is undecided\n", "")
        assert main(["publish", "./mine/first.yaml", "./mine/second.yaml"]) == 1
        said = capsys.readouterr()
        assert said.out == "mine/first: its one sentence is undecided\n"
        assert said.err.startswith("hyperopt: mine/second: no finished run")
        assert said.err.count("\n") == 1


def test_a_folder_of_ones_own_is_listed_beside_the_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "table", "all/mine/first"]) == 0
    (tmp_path / "hyperopt.toml").write_text('experiments = "all"\n', encoding="utf-8")
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    assert own_root() == tmp_path / "all"
    assert [experiment.id for experiment in load("mine/*")] == ["mine/first"]
    assert {experiment.id for experiment in load()} == {"mine/first", *ids()}
    monkeypatch.setenv("HYPEROPT_EXPERIMENTS", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match=r"HYPEROPT_EXPERIMENTS=.*there is no folder"):
        own_root()


def test_the_id_of_a_shipped_experiment_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["new", "table", "all/clipping/table2"]) == 0
    monkeypatch.setenv("HYPEROPT_EXPERIMENTS", "all")
    with pytest.raises(ConfigError, match="a shipped experiment is also called clipping/table2"):
        load("clipping/*")


test_bad_input_is_refused = refusals(
    ("new poem x", "there is no kind of experiment 'poem'"),
    ("new table a/b*c", "a name such as mine/first is expected"),
    ("tables ./none.yaml", "none.yaml cannot be read: No such file"),
    ("tables .", ".: its files are expected, such as ./*.yaml"),
    ("tables clipping/table2 sedes=3", "did you mean seeds?"),
)


def test_a_file_that_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.yaml").write_text("mine", encoding="utf-8")
    assert main(["new", "table", "x"]) == 2
    assert "there already" in capsys.readouterr().err
    assert (tmp_path / "x.yaml").read_text(encoding="utf-8") == "mine"


def test_a_link_to_nothing_that_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.yaml").symlink_to(tmp_path / "nothing")
    assert main(["new", "table", "x"]) == 2
    assert "there already" in capsys.readouterr().err
    assert (tmp_path / "x.yaml").is_symlink()


@pytest.mark.parametrize("name", ["", ".", "/", "..", "a\x1b[31m/x", "a\n/x"])
def test_a_new_file_needs_a_name_that_can_be_typed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "table", name]) == 2
    assert "a name such as mine/first is expected" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["caf\udce9", "a\x1b[31m"])
def test_a_file_whose_name_no_page_or_record_can_hold_is_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "table", "first"]) == 0
    (tmp_path / "first.yaml").rename(tmp_path / f"{name}.yaml")
    capsys.readouterr()
    assert main(["tables", f"./{name}.yaml", "--plan"]) == 2
    said = capsys.readouterr().err
    assert "names that can be typed are expected" in said
    assert "\x1b" not in said


def test_a_new_file_with_too_long_a_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "table", "x" * 300]) == 1
    assert "cannot be written: File name too long." in capsys.readouterr().err


def test_commands_for_a_folder_with_a_space_can_be_pasted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "table", "my own/first"]) == 0
    assert "hyperopt tables './my own/first.yaml'" in capsys.readouterr().out


def test_the_shipped_schema_is_the_generated_one_and_every_file_names_it() -> None:
    assert (experiments_dir() / NAME).read_text(encoding="utf-8") == written()
    for name in ids():
        first = (experiments_dir() / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
        assert first == f"# yaml-language-server: $schema=../{NAME}"


def test_the_schema_has_the_keys_that_the_reader_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: dict[str, set[str]] = {}
    nothing_left = reading.Keys.nothing_left

    def noting(self: reading.Keys, made: Any) -> Any:
        taken.setdefault(self.what.partition(" ")[0], set()).update(self.known)
        return nothing_left(self, made)

    monkeypatch.setattr(reading.Keys, "nothing_left", noting)
    load(root=experiments_dir())
    kinds = {**definitions(), "experiment": schema()}
    known = {kind: set(kinds[kind]["properties"]) for kind in taken}
    assert {kind: keys - known[kind] for kind, keys in taken.items() if keys - known[kind]} == {}
    assert len(taken) > 10


def test_every_experiment_and_skeleton_is_valid_and_a_slip_is_not(tmp_path: Path) -> None:
    validator: Any = pytest.importorskip("jsonschema").Draft202012Validator(schema())
    for name in ids():
        given = read_yaml(experiments_dir() / f"{name}.yaml")
        assert [error.message for error in validator.iter_errors(json.loads(json.dumps(given)))] == [], name
    assert main(["new", "figure", "fig"]) == 0
    given = read_yaml(tmp_path / "fig.yaml")
    assert validator.is_valid(given)
    assert not validator.is_valid({**given, "tilte": "x"})
    assert not validator.is_valid({**given, "panels": [{"metric": "tset_error", "label": "x"}]})
