"""Ctrl-C once: what is running may finish and the report is written. Twice: stop."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from harness.errors import Interrupted
from harness.process import end_all


class Interruption:
    """Whether the user asked to stop."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    @property
    def asked(self) -> bool:
        return self._asked.is_set()

    def ask(self) -> bool:
        """Ask; true the first time."""
        first = not self._asked.is_set()
        self._asked.set()
        return first


@contextmanager
def interruptible(on_first: Callable[[], None], run: str = "latest") -> Iterator[Interruption]:
    """Within this context SIGINT and SIGTERM ask for an end; a second one ends everything at once.

    ``run`` is the id under which the evidence is found afterwards.
    """
    interruption = Interruption()

    def handle(_number: int, _frame: FrameType | None) -> None:
        if interruption.ask():
            print("\ninterrupted: finishing what is running; press Ctrl-C again to stop now", file=sys.stderr)
            on_first()
        else:
            end_all()
            raise Interrupted(f"stopped; the evidence so far is kept: trt-matrix report {run}")

    numbers = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield interruption
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
