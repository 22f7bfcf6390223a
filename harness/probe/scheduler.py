"""Forks the processes of the cases and waits for them, as many at a time as there are job tokens."""

from __future__ import annotations

import os
import select
import signal
import time
from typing import Callable, Dict, List, Tuple

from . import child
from .events import FORMAT, EventLog, last_outcome
from .job import Case, Job
from .log import TensorRTLog
from .outcome import Outcome
from .running import Running
from .tokens import Tokens

Body = Callable[[child.Desk], Outcome]
STOP_FILE = "stop"
_POLL_S = 0.5


class Scheduler:
    """One per probe, used from the main thread alone."""

    def __init__(self, job: Job, body: Body, progress: int, has_gpu: bool) -> None:
        self._job = job
        self._body = body
        self._has_gpu = has_gpu
        self._progress = progress
        self._waiting: List[Case] = list(job.cases)
        self._running: Dict[int, Running] = {}
        self._done: Dict[str, Outcome] = {}
        self._tokens = Tokens(job.tokens, progress)
        self._stopped = ""
        # A child's end wakes the select below: no polling for it.
        self._wake, wake_write = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(wake_write, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)

    def wait(self, case_id: str) -> Outcome:
        """Work until the case has ended; others are started and end meanwhile."""
        while case_id not in self._done:
            self._start_some()
            self._turn()
        return self._done[case_id]

    def stop(self, reason: str) -> None:
        """Start no further case; those waiting end ``not-run``."""
        self._stopped = self._stopped or reason
        for case in self._waiting:
            self._never(case, Outcome("not-run", self._stopped))
        self._waiting = []

    def refuse_all(self, outcome: Outcome) -> None:
        """End every case without running it."""
        for case in self._waiting:
            self._never(case, outcome)
        self._waiting = []

    def close(self, reason: str = "the cell was ended before the case") -> None:
        """End what still runs, and give every token back."""
        self.stop(reason)
        for running in self._running.values():
            running.end(reason)
        while self._running:
            self._turn()

    def _start_some(self) -> None:
        if os.path.exists(os.path.join(self._job.out, STOP_FILE)):
            self.stop("interrupted: the run was asked to stop")
        while self._waiting and len(self._running) < self._job.jobs and self._tokens.take():
            self._start(self._waiting.pop(0))

    def _start(self, case: Case) -> None:
        started = time.monotonic()
        folder, events = self._open(case)
        log = TensorRTLog(folder, self._job.log_bytes)
        read_end, write_end = os.pipe()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            os.close(read_end)
            events.write("start", format=FORMAT, case=case.id, pid=os.getpid())
            desk = child.Desk(self._job, case, folder, events, log, started)
            child.run(desk, write_end, parent, self._body)
        os.close(write_end)
        os.set_blocking(read_end, False)
        self._running[pid] = Running(pid, case, folder, events, log, read_end, started, self._has_gpu)

    def _turn(self) -> None:
        """Wait for something to happen, then look after every process once."""
        readable = [running.output for running in self._running.values() if running.output is not None]
        wants_token = bool(self._waiting) and len(self._running) < self._job.jobs
        if wants_token and self._tokens.file is not None:
            readable.append(self._tokens.file)
        deadlines = [running.next_deadline for running in self._running.values()]
        patience = min([deadline - time.monotonic() for deadline in deadlines] + [_POLL_S])
        select.select([self._wake, *readable], [], [], max(0.0, patience))
        _drain(self._wake)
        for running in list(self._running.values()):
            running.read_output()
            running.enforce_deadline()
            if running.ended():
                self._finish(running)

    def _finish(self, running: Running) -> None:
        del self._running[running.pid]
        self._tokens.give()
        self._done[running.case.id] = running.close(last_outcome(running.folder))

    def _never(self, case: Case, outcome: Outcome) -> None:
        _, events = self._open(case)
        events.write("start", format=FORMAT, case=case.id, pid=os.getpid())
        events.write("outcome", **outcome.fields())
        events.close()
        self._done[case.id] = outcome

    def _open(self, case: Case) -> Tuple[str, EventLog]:
        folder = self._job.folder(case)
        os.makedirs(folder, exist_ok=True)
        return folder, EventLog(folder, case.id, self._progress)


def _drain(pipe: int) -> None:
    try:
        while os.read(pipe, 4096):
            continue
    except BlockingIOError:
        return
