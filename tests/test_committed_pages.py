"""The pages in results/, and the excerpts in the README, are what the records in results/ make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from hyperopt import publish as publishing
from hyperopt.experiments import load
from hyperopt.files import results_dir
from hyperopt.findings.view import View
from hyperopt.pages.excerpt import MARKED
from hyperopt.publish import render


def test_render_reproduces_the_committed_pages_and_the_excerpts_of_the_readme(
    tmp_path: Path, published: Mapping[str, Sequence[View]], monkeypatch: pytest.MonkeyPatch
) -> None:
    results = results_dir()
    experiments = [e for e in load() if (results / "records" / f"{e.id}.parquet").is_file()]
    if not experiments:
        pytest.skip("nothing is published yet")
    made, readme = tmp_path / "results", tmp_path / "README.md"
    made.mkdir()
    (made / "records").symlink_to(results / "records")
    committed = (results.parent / "README.md").read_text(encoding="utf-8")
    readme.write_text(MARKED.sub(r"\1old\n\3", committed), encoding="utf-8")
    monkeypatch.setattr(publishing, "published_views", lambda *_: published)
    render(experiments, made, drawings=False)
    assert readme.read_text(encoding="utf-8") == committed
    pages = ["README.md", "which_stack/README.md"]
    for name in [*pages, *(f"{e.id}.{kind}" for e in experiments for kind in ("md", "csv"))]:
        assert (made / name).read_bytes() == (results / name).read_bytes(), name
