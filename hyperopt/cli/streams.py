"""Standard output and error for commands: output errors never stop training."""

from __future__ import annotations

import os
import sys
from io import BufferedWriter, FileIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Forgiving(FileIO):
    """A file that ignores write errors, such as a full disk, but reports that its reader is gone.

    Attributes:
        lost: why something was not written; None if everything was.
    """

    lost: str | None = None

    def write(self, content: ReadableBuffer, /) -> int:
        """Write what can be written; return the number of bytes handled."""
        try:
            return super().write(content)
        except BrokenPipeError:
            raise
        except OSError as error:
            self.lost = error.strerror or str(error)
            return memoryview(content).nbytes


def prepare_streams() -> None:
    """Prepare both streams for printing: unsupported characters are replaced.

    Output to a closed stream is discarded.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 (to the end)
        elif stream is getattr(sys, f"__{name}__"):
            stream.flush()
            setattr(sys, name, _forgiving(stream))
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def lost(stream: TextIO) -> str | None:
    """Return why printed output was lost; None if none was."""
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)
    return raw.lost if isinstance(raw, Forgiving) else None


def _forgiving(stream: TextIOWrapper) -> TextIOWrapper:
    """Return a forgiving stream to the same destination, with the same buffering."""
    raw = Forgiving(stream.fileno(), "w", closefd=False)
    return TextIOWrapper(
        raw if stream.write_through else BufferedWriter(raw),
        encoding=stream.encoding,
        errors="replace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
