"""Whose turn it is on the GPU: builders may share it, a timing has it alone.

The lock lies on the file that all cells of a run share already, their pool of tokens; a cell without one is alone.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import Iterator, Optional

_POLL_S = 0.1


@contextmanager
def shared(path: Optional[str]) -> Iterator[None]:
    """While an engine is built."""
    handle = _open(path)
    try:
        if handle is not None:
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        _close(handle)


@contextmanager
def alone(path: Optional[str], patience_s: float) -> Iterator[bool]:
    """While executions are timed. False where the builds that have begun were not done in ``patience_s``."""
    handle = _open(path)
    try:
        yield handle is None or _taken(handle, time.monotonic() + patience_s)
    finally:
        _close(handle)


def _taken(handle: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        else:
            return True


def _open(path: Optional[str]) -> Optional[int]:
    """A description of its own: a lock belongs to that, and a fork would share it."""
    return None if path is None else os.open(path, os.O_RDWR | os.O_NONBLOCK)


def _close(handle: Optional[int]) -> None:
    if handle is not None:
        os.close(handle)
