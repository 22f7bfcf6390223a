"""A job server, as GNU make has one: a FIFO that holds one byte for each case that may run now.

Every cell's probe takes a byte before it starts a case and gives it back afterwards, so that the cases of
all cells together fill the machine and never more.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class JobServer:
    """``tokens`` is the FIFO; once the file ``stop`` exists, no probe starts another case."""

    tokens: Path
    stop: Path

    def request_stop(self) -> None:
        self.stop.touch()


@contextmanager
def job_server(jobs: int) -> Iterator[JobServer]:
    """A job server for ``jobs`` cases at a time; its files go when the context ends."""
    with tempfile.TemporaryDirectory(prefix="trt-matrix-") as folder:
        server = JobServer(Path(folder) / "tokens", Path(folder) / "stop")
        os.mkfifo(server.tokens, 0o600)
        # Open for both ends: a FIFO with no writer would end for its readers.
        descriptor = os.open(server.tokens, os.O_RDWR | os.O_NONBLOCK)
        try:
            os.write(descriptor, b"+" * jobs)
            yield server
        finally:
            os.close(descriptor)
