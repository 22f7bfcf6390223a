"""Work that can be done beside other work: in a process of its own, since Python's threads take turns."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable

import msgspec

from harness.errors import UsageError

Notes = list[str]


class _Answer(msgspec.Struct):
    notes: Notes = []
    refused: str = ""


class WorkLost(RuntimeError):
    """The process ended without an answer; what it printed tells why."""


def beside(work: Callable[[], Notes]) -> Callable[[], Notes]:
    """Begin ``work``; what is returned waits for its answer, and raises the ``UsageError`` that it raised.

    Done at once instead where other threads live, whose locks a forked process would never get. Raises ``WorkLost``.
    """
    if threading.active_count() > 1:
        notes = work()
        return lambda: notes
    sys.stdout.flush()
    sys.stderr.flush()
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return lambda: _answer(child, read)
    status = 1
    try:
        os.close(read)
        answer = msgspec.json.encode(_answered(work))
        with os.fdopen(write, "wb") as pipe:
            pipe.write(answer)
        status = 0
    except KeyboardInterrupt:
        pass  # the other process was told too
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _answered(work: Callable[[], Notes]) -> _Answer:
    try:
        return _Answer(work())
    except UsageError as error:
        return _Answer(refused=str(error))


def _answer(child: int, read: int) -> Notes:
    with os.fdopen(read, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise WorkLost("the process beside this one ended without an answer")
    told = msgspec.json.decode(answer, type=_Answer)
    if told.refused:
        raise UsageError(told.refused)
    return told.notes
