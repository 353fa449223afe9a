"""`hyperopt view`: the user's runs in a browser, as static files or from a server for this machine only."""

from __future__ import annotations

import shlex
import time
import webbrowser
from typing import TYPE_CHECKING

from hyperopt.cli.chosen_runs import ChosenRuns, now
from hyperopt.cli.selection_words import FROM, split
from hyperopt.cli.site import write_files
from hyperopt.durable import write
from hyperopt.errors import ConfigError, shortened
from hyperopt.records import home
from hyperopt.selection import why_none
from hyperopt.wording import counted

if TYPE_CHECKING:
    from argparse import Namespace

    from hyperopt.findings.own_runs import OwnRuns

EVERY_SECONDS = 5.0


def view(arguments: Namespace) -> int:
    """Write the page of the selected runs and open it; with --port, serve it."""
    words, options = split(arguments.words, FROM)
    chosen = ChosenRuns(words, options.get("from", "here"))
    port = _port(arguments.port)
    found = chosen.runs()
    if not found.runs and not found.training:
        print(why_none(words, chosen.place))
        return 0
    typed = shlex.join(["hyperopt", "view", *arguments.words])
    if port is not None:
        from hyperopt.cli.view_server import serve

        serve(port, chosen, typed, opens=not arguments.no_open)
        return 0
    return _write(found, chosen, typed, stays=not arguments.no_open)


def _write(found: OwnRuns, chosen: ChosenRuns, typed: str, *, stays: bool) -> int:
    """Write the page; rewrite it while runs are training, unless it was not opened."""
    from hyperopt.site.own import own_data, own_site

    folder = home() / "view"
    page = folder / "index.html"
    write_files(folder, own_site(found, typed, now()))
    print(f"{counted(len(found.runs), 'run')}: {page}")
    if not stays:
        return 0
    webbrowser.open(page.resolve().as_uri())
    if found.training:
        print("runs are in training: reload the page for news; Ctrl-C, or their end, ends this")
    try:
        while found.training:
            time.sleep(EVERY_SECONDS)
            found = chosen.runs()
            for name, content in own_data(found, typed, now()).items():
                write(folder / name, content, durable=False)
    except KeyboardInterrupt:
        print()
    return 0


def _port(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or int(text) > 65535:
        raise ConfigError(
            f"--port {shortened(text)}: a number from 0, for any that is free, to 65535 is expected."
        )
    return int(text)
