"""The provenance of a record: command, code, versions and machine."""

from __future__ import annotations

import platform
import shlex
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from hyperopt.files import checkout_root

DISTRIBUTION = "hyperopt-stacks"


def provenance() -> dict[str, str]:
    """Return the current command, commit, versions, processor and time, for the `made` of a record."""
    return {
        "command": command(),
        "commit": commit(),
        "python": platform.python_version(),
        "torch": installed("torch"),
        "hyperopt": installed(DISTRIBUTION),
        "cpu": cpu(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def command() -> str:
    """Return the command as it can be retyped: with the program's bare name, or `python -m` and its module.

    Bytes of an argument that are not UTF-8, such as in a Latin-1 file name, are escaped.
    """
    program = Path(sys.argv[0])
    module = ["python", "-m", program.parent.name]
    words = [*(module if program.name == "__main__.py" else [program.name]), *sys.argv[1:]]
    return shlex.join(words).encode(errors="backslashreplace").decode()


@cache
def commit() -> str:
    """Return the checkout's commit, with "+" if tracked files differ; "unknown" outside a checkout."""
    import subprocess

    root = checkout_root()
    if root is None:
        return "unknown"

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        dirty = git("status", "--porcelain", "--untracked-files=no", "--", "hyperopt", "conf", "experiments")
        return git("rev-parse", "--short=12", "HEAD") + ("+" if dirty else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def installed(distribution: str) -> str:
    """Return a distribution's version, "unknown" if it is not installed."""
    from importlib.metadata import PackageNotFoundError, version  # slow, and most commands need no version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"


@cache
def cpu() -> str:
    """Return the processor's name."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
