"""`hyperopt new table|figure NAME`: creates the file of a user's experiment, which runs unchanged."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from hyperopt.durable import is_there, write
from hyperopt.errors import ConfigError, shortened, unknown
from hyperopt.files import experiments_dir

if TYPE_CHECKING:
    from argparse import Namespace

A_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
KINDS = ("table", "figure")
HEAD = """\
# yaml-language-server: $schema={schema}
# Your own {kind}. Every key: docs/add_an_experiment.md. To train missing runs and show it:
#   hyperopt {kind}s {path}
title: {title}
source: Ours

# Settings of every run, as on the command line; your own data set, model or rule is package.module:Name.
settings: {{dataset: iris, dataset.test: true, epochs: 20}}
seeds: 3
"""
TABLE = """
metric: test_error       # percent, after the last epoch; or test_loss, train_loss, 0.alpha ...

# The columns: by short name, the heading and the settings.
columns:
  alone: {label: alone, settings: {}}
  tuned: {label: under SGD, settings: {alpha: 1e-3}}

corner: rule
tables:
  - heading: Test error
    rows:                # a row's settings override the table's, a column's override both
      - {label: SGD / SGD, settings: {stack: sgd/sgd}}
      - {label: Adam / SGD, settings: {stack: adam/sgd}}

# A sentence and the bound that decides it; an effect is a difference per seed.
effect: {from: alone, to: tuned}     # the points gained by `tuned` over `alone`
claims:
  - says: A larger rate of SGD does no harm.
    each_of: [SGD / SGD, Adam / SGD]
    more_than: -1
    why: Harm is more than a point.
"""
FIGURE = """
# Plots side by side, against epochs; or against a setting with `x: {name: α, scale: log, values: [...]}`.
panels:
  - {metric: test_error, label: test error (%), points: [20]}
  - {metric: 0.alpha, label: the learned α, scale: log}

curves:                  # at most 8
  - {label: SGD / SGD, settings: {stack: sgd/sgd}}
  - {label: Adam / SGD, settings: {stack: adam/sgd}}
  - {label: Adam, settings: {stack: adam}}

# A sentence and the bound that decides it; each side of an effect is a column or one cell.
claims:
  - says: Adam is no better when SGD tunes it.
    effect: {from: {row: Adam, column: epoch 20}, to: epoch 20}
    each_of: [Adam / SGD]
    at_most: 1
    why: Better is by more than a point.
"""


def new(arguments: Namespace) -> int:
    """Write the file, unless it exists."""
    if arguments.kind not in KINDS:
        raise unknown("kind of experiment", arguments.kind, KINDS)
    path = Path(arguments.name).expanduser()
    if not A_NAME.fullmatch(path.name) or not str(path).isprintable():
        raise ConfigError(f"new {shortened(arguments.name)}: a name such as mine/first is expected.")
    if path.suffix not in (".yaml", ".yml"):
        path = path.with_name(f"{path.name}.yaml")
    if is_there(path):
        raise ConfigError(f"{path} is there already; it stays as it is.")
    command = shlex.quote(str(path) if path.is_absolute() else f"./{path}")
    schema, title = experiments_dir() / "schema.json", path.stem.replace("_", " ")
    head = HEAD.format(kind=arguments.kind, schema=schema, path=command, title=title)
    write(path, head + (TABLE if arguments.kind == "table" else FIGURE), durable=False)
    print(f"{path}: it runs as it is:\n  hyperopt {arguments.kind}s {command}\n  hyperopt publish {command}")
    return 0
