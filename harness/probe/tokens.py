"""Job tokens: a FIFO of the host holds one byte per case that may run at the same time over all cells."""

from __future__ import annotations

import os
from typing import Optional

from .events import say


class Tokens:
    """Takes and gives bytes of the FIFO; without a FIFO it always has one.

    Each change is told to the host, so that it can put back what a killed probe still held.
    """

    def __init__(self, path: Optional[str], progress: int) -> None:
        # Opened for both: the FIFO then never reports end of file, and opening does not wait for a writer.
        self.file = None if path is None else os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self._progress = progress
        self.held = 0

    def take(self) -> bool:
        if self.file is not None:
            try:
                if not os.read(self.file, 1):
                    return False
            except BlockingIOError:
                return False
        self._now(self.held + 1)
        return True

    def give(self) -> None:
        if self.file is not None:
            os.write(self.file, b"+")
        self._now(self.held - 1)

    def _now(self, held: int) -> None:
        self.held = held
        if self.file is not None:
            say(self._progress, "tokens", held=held)
