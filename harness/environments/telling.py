"""Progress of long work that may talk a lot or not at all: neither floods its reader nor looks like a hang."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from harness.environments import Progress


@contextmanager
def steady(progress: Progress, at_most_every: float = 1.0, at_least_every: float = 10.0) -> Iterator[Progress]:
    """Pass words on, the newest once in ``at_most_every`` seconds; in silence repeat them with the seconds so far."""
    words = _Words(progress, at_most_every)
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(at_least_every):
            words.repeat(at_least_every)

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield words.say
    finally:
        ended.set()
        thread.join()


class _Words:
    def __init__(self, progress: Progress, at_most_every: float) -> None:
        self._progress = progress
        self._at_most_every = at_most_every
        self._began = time.monotonic()
        self._told = float("-inf")
        self._newest = ""
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        with self._lock:
            news = text != self._newest
            self._newest = text
            if news and time.monotonic() - self._told >= self._at_most_every:
                self._tell(text)

    def repeat(self, silence: float) -> None:
        with self._lock:
            now = time.monotonic()
            # Half the time is enough: the clock that asks and the words do not tick together.
            if self._newest and now - self._told >= silence / 2:
                self._tell(f"{self._newest} ({now - self._began:.0f} s)")

    def _tell(self, text: str) -> None:
        self._told = time.monotonic()
        self._progress(text)
