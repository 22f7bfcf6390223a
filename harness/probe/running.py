"""One case's process as its parent sees it: output, deadline, end."""

from __future__ import annotations

import os
import signal
import time
from typing import Optional

from .events import EventLog
from .job import Case
from .log import TensorRTLog
from .outcome import Outcome, without_device

GRACE_S = 2.0


class Running:
    """Looked after by the scheduler until ``ended``, then closed once."""

    def __init__(
        self,
        pid: int,
        case: Case,
        folder: str,
        events: EventLog,
        log: TensorRTLog,
        output: int,
        started: float,
        has_gpu: bool,
    ) -> None:
        self.pid = pid
        self.case = case
        self.folder = folder
        self.output: Optional[int] = output
        self.next_deadline = started + case.timeout_s
        self._started = started
        self._events = events
        self._log = log
        self._has_gpu = has_gpu
        self._cause: Optional[Outcome] = None
        self._oom_kills = oom_kills()

    def read_output(self) -> None:
        """Take what descriptors 1 and 2 of the case have written, at most a few blocks."""
        for _ in range(64):
            if self.output is None:
                return
            try:
                data = os.read(self.output, 65536)
            except BlockingIOError:
                return
            if not data:
                os.close(self.output)
                self.output = None
                return
            self._log.write_output(data)

    def enforce_deadline(self) -> None:
        if time.monotonic() < self.next_deadline:
            return
        if self._cause is None:
            self._ask(Outcome("timed-out", "ran past {:g} s".format(self.case.timeout_s)))
        else:
            self._signal(signal.SIGKILL)
            self.next_deadline = time.monotonic() + GRACE_S

    def end(self, reason: str) -> None:
        """End it before its time, for a reason that is not the case's own."""
        if self._cause is None:
            self._ask(Outcome("not-run", reason))

    def ended(self) -> bool:
        """True once the process has ended; it is not reaped before ``close``, so that its group's id stays its own."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def close(self, own_word: Optional[Outcome]) -> Outcome:
        """Clear up after it; ``own_word`` is the outcome that it wrote itself, if it came so far."""
        self._signal(signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        self.read_output()
        no_device = "" if self._has_gpu else self._log.no_device
        outcome = own_word or self._cause or cut_off(status, oom_kills() - self._oom_kills, no_device)
        if own_word is None:
            if self._log.cut:
                outcome = outcome.noting("log cut at its limit")
            total = time.monotonic() - self._started
            self._events.write("timing", name="total", seconds=round(total, 6))
            self._events.write("outcome", **outcome.fields())
        if self.output is not None:
            os.close(self.output)
        self._log.close()
        self._events.close()
        return outcome

    def _ask(self, cause: Outcome) -> None:
        self._cause = cause
        self._signal(signal.SIGTERM)
        self.next_deadline = time.monotonic() + GRACE_S

    def _signal(self, number: int) -> None:
        """To the whole group; before the child has made its group, to the child."""
        for send in (os.killpg, os.kill):
            try:
                return send(self.pid, number)
            except ProcessLookupError:
                continue
        return None


def cut_off(status: int, oom: int, no_device: str = "") -> Outcome:
    """The outcome of a process that ended without a word, from its wait status.

    ``no_device``: what it said of a missing device. TensorRT 10.6 throws that through code that cannot pass it on,
    which aborts the process; other releases give no builder.
    """
    if not os.WIFSIGNALED(status):
        return Outcome("crashed", "ended with status {} and no outcome".format(os.WEXITSTATUS(status)))
    number = os.WTERMSIG(status)
    if number == signal.SIGABRT and no_device:
        return Outcome("not-run", without_device(no_device))
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = str(number)
    if number == signal.SIGKILL and oom > 0:
        return Outcome("crashed", "signal SIGKILL: out of memory, ended by the kernel")
    return Outcome("crashed", "signal {}".format(name))


def oom_kills(path: str = "/proc/vmstat") -> int:
    """How often the kernel has killed for want of memory since it started; 0 where it does not tell."""
    try:
        with open(path, encoding="ascii") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("oom_kill "))
    except OSError:
        return 0
