"""The JSON schema of an experiment's file, with which editors complete and check it.

`python -m hyperopt.experiments.schema` writes it to experiments/schema.json. hyperopt/experiments/reading
decides what is valid; a test compares the keys here with those that it accepts.
"""

from __future__ import annotations

import json
from typing import Any

from hyperopt.config.sweep import shipped_keys
from hyperopt.experiments.experiment import JUDGED_BY
from hyperopt.experiments.metrics import METRICS
from hyperopt.experiments.reading.claim_keys import BOUNDS
from hyperopt.experiments.reductions import REDUCTIONS
from hyperopt.files import experiments_dir
from hyperopt.optim.rules import RULES

NAME = "schema.json"

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
TRUTH: Schema = {"type": "boolean"}
TEXT_OR_NUMBER: Schema = {"type": ["string", "number"]}
REPORTED: Schema = {"type": ["number", "null"]}
SCALE: Schema = {"enum": ["linear", "log"]}
JUDGED: Schema = {"enum": list(JUDGED_BY)}


def schema() -> Schema:
    """Return the schema, in JSON Schema's 2020-12 dialect."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An experiment of hyperopt: one table or figure (docs/add_an_experiment.md)",
        **_object(_experiment(), "title", "source"),
        "$defs": definitions(),
    }


def definitions() -> dict[str, Schema]:
    """Return the schemas of all mappings within an experiment."""
    bounds = {bound: {"type": ["number", "array"]} for bound in BOUNDS}
    place = {"anyOf": [TEXT_OR_NUMBER, _ref("place")]}
    over = {name: _list(TEXT_OR_NUMBER) for name in ("each_of", "mean_of")}
    effect = {"from": place, "to": place}
    tested = {"effect": _ref("effect"), "ratio": _ref("effect"), **over, **bounds}
    claim = {"says": TEXT, "point": TEXT, "tested": TEXT, "why": TEXT, "not_testable": TEXT, "all_but": WHOLE}
    claim |= {
        "any_of": _list(TEXT_OR_NUMBER),
        "contradicted": TRUTH,
        "ours": TRUTH,
        "same_as": TEXT,
        "judged_by": {"enum": [*JUDGED_BY, "repeats"]},
        **tested,
    }
    return {
        "settings": {"type": "object", "properties": _settings()},
        "column": _object({"label": TEXT, "metric": _metric(), "settings": _ref("settings"), "x": NUMBER}),
        "table": _object(
            {"heading": TEXT, "settings": _ref("settings"), "rows": _list(_ref("row"))}, "heading", "rows"
        ),
        "row": _object(
            {"label": TEXT, "settings": _ref("settings"), "report": _list(REPORTED), "printed": TEXT}, "label"
        ),
        "baseline": _object(
            {"label": TEXT, "settings": _ref("settings"), "report": NUMBER}, "label", "settings"
        ),
        "effect": _object(effect, "from", "to"),
        "place": _object(
            {
                "row": TEXT_OR_NUMBER,
                "column": TEXT_OR_NUMBER,
                "reported": TEXT_OR_NUMBER,
                "spread_of": TEXT_OR_NUMBER,
            }
        ),
        "claim": _object(claim | {"checks": _list(_ref("check"))}, "says"),
        "check": _object({"of": TEXT, "why": TEXT, **tested}),
        "bold": _object(bounds),
        "x": _object(
            {
                "name": TEXT,
                "label": TEXT,
                "scale": SCALE,
                "values": _list(NUMBER),
                "settings": {"type": "object", "additionalProperties": _ref("settings")},
            }
        ),
        "panel": _object(
            {
                "metric": _metric(),
                "label": TEXT,
                "scale": SCALE,
                "points": _list(WHOLE),
                "reductions": _list({"enum": list(REDUCTIONS)}),
            },
            "metric",
            "label",
        ),
        "curve": _object(
            {
                "label": TEXT,
                "settings": _ref("settings"),
                "shown_as": {"type": ["string", "null"]},
                "report": {"type": ["array", "object"]},
                "group": TEXT,
                "colour": TEXT,
                "line": TEXT,
                "drawn": TRUTH,
                "each": {"type": "array"},
            },
            "label",
        ),
        "map": _object(
            {
                "label": TEXT,
                "settings": _ref("settings"),
                "report": {"type": "array"},
                "drawn": TRUTH,
                "each": {"type": "array"},
            },
            "label",
            "settings",
        ),
        "reduction": _object(
            {"name": TEXT, "of": {"enum": list(REDUCTIONS)}, "along": _list(NUMBER)}, "name", "of", "along"
        ),
    }


def _experiment() -> dict[str, Schema]:
    return {
        "title": TEXT,
        "source": TEXT,
        "caption": TEXT,
        "metric": _metric(),
        "settings": _ref("settings"),
        "corner": TEXT,
        "columns": {"type": "object", "additionalProperties": _ref("column")},
        "tables": _list(_ref("table")),
        "baseline": _ref("baseline"),
        "runs_per_number": {"type": "integer", "minimum": 1},
        "effect": _ref("effect"),
        "bold": _ref("bold"),
        "notes": _list(TEXT),
        "seeds": {"anyOf": [WHOLE, _list(WHOLE)]},
        "looks": _list(WHOLE),
        "judged_by": JUDGED,
        "random": TRUTH,
        "needs": {"enum": ["gpu"]},
        "order": TEXT,
        "pictures": TEXT,
        "lists": TEXT,
        "rows_of": TEXT,
        "reading_error": NUMBER,
        "rounding_error": NUMBER,
        "reference": TEXT,
        "claims": _list(_ref("claim")),
        "x": _ref("x"),
        "y": _ref("x"),
        "panels": _list(_ref("panel")),
        "curves": _list(_ref("curve")),
        "band": {"enum": ["seeds", "mean"]},
        "label": TEXT,
        "maps": _list(_ref("map")),
        "reductions": _list(_ref("reduction")),
    }


def _settings() -> dict[str, Schema]:
    """Return the keys of a run; a user's own rules, data sets and models have more."""
    known: dict[str, Schema] = {key: {} for key in shipped_keys()}
    return known | {
        "stack": {"type": "string", "description": f"rules, bottom to top: {', '.join(RULES)}"},
        "epochs": {"type": "integer", "minimum": 1},
        "batch_size": {"type": "integer", "minimum": 1},
    }


def _metric() -> Schema:
    return {"anyOf": [{"enum": list(METRICS)}, {"type": "string", "pattern": r"^(\d+\.[a-z]\w*|w\d+)$"}]}


def _object(properties: dict[str, Schema], *required: str) -> Schema:
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return found | ({"required": list(required)} if required else {})


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def written() -> str:
    """Return the text of the schema's file."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (experiments_dir() / NAME).write_text(written(), encoding="utf-8")
