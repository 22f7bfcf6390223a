"""The process of one case, from the fork to ``os._exit``."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import signal
import sys
import time
import traceback
from dataclasses import dataclass
from typing import Callable

from .events import EventLog
from .job import Case, Job
from .log import TensorRTLog
from .outcome import Outcome

_PR_SET_PDEATHSIG = 1


@dataclass
class Desk:
    """What a case works with: where it writes, and whose time it uses."""

    job: Job
    case: Case
    folder: str
    events: EventLog
    log: TensorRTLog
    started: float
    library_s: float = 0.0

    def measure(self, name: str, seconds: float) -> None:
        """Record time that the library, not the probe, has used."""
        self.library_s += seconds
        self.events.write("timing", name=name, seconds=round(seconds, 6))


def run(desk: Desk, output: int, parent: int, body: Callable[[Desk], Outcome]) -> None:
    """Run ``body`` in this (already forked) process and end it. Never returns."""
    status = 1
    try:
        _detach(output, parent)
        try:
            outcome = body(desk)
        except (OSError, MemoryError) as error:
            # A full disk says nothing about the release: it must not be kept as an answer.
            traceback.print_exc()
            outcome = Outcome("crashed", "{}: {}".format(type(error).__name__, error))
        except Exception as error:
            traceback.print_exc()
            outcome = Outcome("failed", "{}: {}".format(type(error).__name__, error))
        _last_word(desk, outcome)
        status = 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _detach(output: int, parent: int) -> None:
    """A session of its own, its output to the parent, no signal handling of the parent's, no life beyond it."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    os.dup2(output, 1)
    os.dup2(output, 2)
    faulthandler.enable(2)


def _last_word(desk: Desk, outcome: Outcome) -> None:
    if desk.log.cut:
        outcome = outcome.noting("log cut at {} bytes".format(desk.job.log_bytes))
    if desk.log.error:
        outcome = Outcome("crashed", "tensorrt.log could not be written: {}".format(desk.log.error))
    if desk.log.lost:
        desk.events.write("note", text="{} log records could not be written".format(desk.log.lost))
    total = time.monotonic() - desk.started
    desk.events.write("timing", name="own", seconds=round(total - desk.library_s, 6))
    desk.events.write("timing", name="total", seconds=round(total, 6))
    desk.events.write("outcome", **outcome.fields())
