"""Job tokens that a probe holds: whatever ends it, they come back."""

from __future__ import annotations

import json
import os
from pathlib import Path


class Account:
    """Follows a probe's ``tokens`` events; ``settle`` puts back what it still held when it ended."""

    def __init__(self, fifo: Path | None) -> None:
        self._fifo = fifo
        self.held = 0

    def hear(self, line: str) -> None:
        if '"tokens"' not in line:
            return
        try:
            event = json.loads(line)
        except ValueError:
            return
        if isinstance(event, dict) and event.get("event") == "tokens" and isinstance(event.get("held"), int):
            self.held = event["held"]

    def settle(self) -> None:
        if self._fifo is None or self.held <= 0:
            return
        file = os.open(self._fifo, os.O_RDWR | os.O_NONBLOCK)
        try:
            os.write(file, b"+" * self.held)
        finally:
            os.close(file)
        self.held = 0
