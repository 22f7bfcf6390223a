"""What a process that makes models leaves behind when it is killed, and how the next one clears it."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_OURS = re.compile(r"\.(?:making|request)-[0-9a-f]{1,64}-(?P<pid>\d{1,10})(?:\.json)?")


def draft_of(key: str) -> str:
    """The folder in which this process makes a model."""
    return f".making-{key}-{os.getpid()}"


def request_of(token: str) -> str:
    """The file in which this process asks another for models."""
    return f".request-{token}-{os.getpid()}.json"


def die_with_parent() -> None:
    """Nobody waits for the models any more where the run was killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def clear(folder: Path) -> None:
    """Remove the drafts and requests of processes that are gone; a number taken again keeps its own until later."""
    for entry in folder.iterdir():
        ours = _OURS.fullmatch(entry.name)
        if ours is None or Path("/proc", ours["pid"]).exists():
            continue
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
