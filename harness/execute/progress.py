"""What a person sees while a run goes on: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TextIO

_TICK_S = 0.25


@dataclass(slots=True)
class CellState:
    """Where a cell stands. ``ended`` is the time it took in seconds, once it has ended."""

    stage: str = "waiting"
    done: int = 0
    cases: int = 0
    started: float = field(default_factory=time.monotonic)
    ended: float | None = None

    def elapsed(self) -> float:
        return time.monotonic() - self.started if self.ended is None else self.ended

    def progress(self) -> str:
        # The negative control ends like a case, and is none.
        return f"{min(self.done, self.cases)}/{self.cases}" if self.done else ""


class Progress(Protocol):
    """Told by the workers; every method may be called from any thread."""

    def stage(self, cell_id: str, stage: str, cases: int = 0) -> None:
        """A cell has begun something."""

    def case(self, cell_id: str, line: str) -> None:
        """A case of a cell has ended."""

    def end(self, cell_id: str, words: str) -> None:
        """A cell has ended."""


class PlainProgress:
    """One line per event, for files and CI logs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._start = time.monotonic()
        self._lock = threading.Lock()

    def stage(self, cell_id: str, stage: str, cases: int = 0) -> None:
        self._print(cell_id, f"{stage} ({cases} cases)" if cases else stage)

    def case(self, cell_id: str, line: str) -> None:
        self._print(cell_id, line)

    def end(self, cell_id: str, words: str) -> None:
        self._print(cell_id, words)

    def _print(self, cell_id: str, words: str) -> None:
        with self._lock:
            print(f"[{time.monotonic() - self._start:6.1f} s] {cell_id}: {words}", file=self._stream, flush=True)


class LiveProgress:
    """The state of every cell that is at work, redrawn in place."""

    def __init__(self) -> None:
        self._cells: dict[str, CellState] = {}
        self._lock = threading.Lock()

    def stage(self, cell_id: str, stage: str, cases: int = 0) -> None:
        with self._lock:
            state = self._cells.setdefault(cell_id, CellState())
            state.stage = stage
            state.cases = cases or state.cases

    def case(self, cell_id: str, line: str) -> None:  # noqa: ARG002 - the live table shows numbers only
        with self._lock:
            self._cells.setdefault(cell_id, CellState()).done += 1

    def end(self, cell_id: str, words: str) -> None:
        with self._lock:
            state = self._cells.setdefault(cell_id, CellState())
            state.ended = state.elapsed()
            state.stage = words

    def snapshot(self) -> list[tuple[str, CellState]]:
        with self._lock:
            return list(self._cells.items())


@contextmanager
def progress_for(stream: TextIO = sys.stderr) -> Iterator[Progress]:
    """Live where ``stream`` is a terminal, else plain. ``NO_COLOR`` is honoured by the drawing library."""
    if not stream.isatty():
        yield PlainProgress(stream)
        return
    from harness.execute.live import drawing

    live = LiveProgress()
    with drawing(live.snapshot, stream, _TICK_S):
        yield live
