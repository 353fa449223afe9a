"""Standard output and error as a command has them: what cannot be written there stops no training."""

from __future__ import annotations

import os
import sys
from io import BufferedWriter, FileIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Forgiving(FileIO):
    """A file that passes over what it cannot hold, as on a full disk; that its reader is gone it tells.

    Attributes:
        lost: why something was not written; None while all was.
    """

    lost: str | None = None

    def write(self, content: ReadableBuffer, /) -> int:
        """Write what can be written; how many bytes are done with."""
        try:
            return super().write(content)
        except BrokenPipeError:
            raise
        except OSError as error:
            self.lost = error.strerror or str(error)
            return memoryview(content).nbytes


def prepare_streams() -> None:
    """Make both streams such that a command can print: letters that they lack are replaced.

    A stream that is closed leads to nowhere.
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
    """Why something that was printed is lost; None where nothing is."""
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)
    return raw.lost if isinstance(raw, Forgiving) else None


def _forgiving(stream: TextIOWrapper) -> TextIOWrapper:
    """A stream to where one leads, which buffers as it does."""
    raw = Forgiving(stream.fileno(), "w", closefd=False)
    return TextIOWrapper(
        raw if stream.write_through else BufferedWriter(raw),
        encoding=stream.encoding,
        errors="replace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
