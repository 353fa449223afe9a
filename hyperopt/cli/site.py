"""`hyperopt site`: writes the published pages as static files for a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hyperopt.durable import as_bytes, write
from hyperopt.errors import ConfigError
from hyperopt.files import checkout_root

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

OURS = ".nojekyll"
"""A file that every site has: folders without it are not ours."""


def site(_: Namespace) -> int:
    """Write the site into site/ of the checkout, else of the current folder."""
    from rich.console import Console

    from hyperopt.cli.progress import telling
    from hyperopt.publish import published_views
    from hyperopt.site.build import site as build

    folder = (checkout_root() or Path.cwd()) / "site"
    with telling(Console(stderr=True)) as tell:
        files = build(published_views(tell=tell), tell)
    write_files(folder, files)
    size = sum(len(as_bytes(content)) for content in files.values())
    pages = sum(path.endswith(".html") for path in files)
    print(f"{pages} pages, {size / 1e6:.1f} MB: open {folder / 'index.html'} in a browser")
    return 0


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files into a folder of ours, and remove obsolete pages.

    Raises:
        ConfigError: the folder contains something else.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / OURS).is_file():
        raise ConfigError(f"{folder} holds files that are none of a site: move it away.")
    write(folder / OURS, "", durable=False)
    for name, content in files.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ConfigError(f"{name}: a page within {folder} is expected.")
        write(path, content, durable=False)
    for path in [*folder.rglob("*.html"), *folder.rglob("*.js")]:
        if path.relative_to(folder).as_posix() not in files:
            path.unlink()
