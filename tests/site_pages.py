"""Pages made to break the site, and the data behind any page."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from fake_records import ERRORS, SMALL, records

from hyperopt.experiments import read
from hyperopt.findings.view import View, views_of

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">'


def hostile_view(tmp_path: Path) -> View:
    """A table whose every label and sentence is a script."""
    text = SMALL.replace('"0.1"', f"'{HOSTILE}'").replace("A note.", f"'{HOSTILE}'")
    for words in ("Two alphas", "A report, table 9", "Clipping helps.", "Adam / SGD(α)", "error, clipping"):
        assert words in text
        text = text.replace(f'"{words}"', f"'{HOSTILE}'").replace(words, f"'{HOSTILE}'")
    text = text.replace("''", "'")
    path = tmp_path / "table9.yaml"
    path.write_text(text)
    experiment = read(path, "report/table9")
    given = {(HOSTILE if row == "0.1" else row, column): e for (row, column), e in ERRORS.items()}
    made = {
        id_: replace(r, made={**r.made, "device": HOSTILE, "command": HOSTILE})
        for id_, r in records(experiment, given).items()
    }
    return views_of(experiment, made)[-1]


def data_of(script: str | bytes) -> Any:
    """What a page's script has as its data."""
    text = script if isinstance(script, str) else script.decode()
    packed = text.removeprefix('window.DATA = "').removesuffix('";\n')
    return json.loads(zlib.decompress(base64.b64decode(packed, validate=True)))
