"""A job server, as GNU make has one: a FIFO that holds one byte for each case that may run now.

Every cell's probe takes a byte before it starts a case and gives it back afterwards, so that the cases of
all cells together fill the machine and never more.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def job_server(jobs: int) -> Iterator[Path]:
    """The FIFO of a job server for ``jobs`` cases at a time; it goes when the context ends."""
    with tempfile.TemporaryDirectory(prefix="trt-matrix-") as folder:
        tokens = Path(folder) / "tokens"
        os.mkfifo(tokens, 0o600)
        # Open for both ends: a FIFO with no writer would end for its readers.
        descriptor = os.open(tokens, os.O_RDWR | os.O_NONBLOCK)
        try:
            os.write(descriptor, b"+" * jobs)
            yield tokens
        finally:
            os.close(descriptor)
