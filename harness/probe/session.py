"""One pytest session over the cases of a job."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from types import FrameType
from typing import List, Optional

import pytest

from . import attestation, case, job
from .outcome import Outcome
from .plugin import Plugin
from .scheduler import Scheduler

_HERE = os.path.dirname(os.path.abspath(__file__))


def main(arguments: List[str]) -> int:
    """Run the job named on the command line; returns pytest's status.

    Standard output becomes the host's live progress (one event a line); pytest and all else that prints
    goes to ``probe.log``.
    """
    if len(arguments) != 1:
        print("usage: python -I <probe>/__main__.py job.json", file=sys.stderr)
        return 4
    try:
        asked = job.read(arguments[0])
    except job.JobError as error:
        print("probe: {}".format(error), file=sys.stderr)
        return 4
    os.makedirs(asked.out, exist_ok=True)
    progress = _divert_output(os.path.join(asked.out, "probe.log"))
    return _session(asked, progress)


def _session(asked: job.Job, progress: int) -> int:
    # A fork per case is what this program does; its parent keeps to one thread of Python's.
    warnings.simplefilter("ignore", DeprecationWarning)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    attested = attestation.attest(asked)
    scheduler = Scheduler(asked, case.run, progress, bool(attested.facts.get("gpus")))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    try:
        if attested.outcome:
            scheduler.refuse_all(Outcome(attested.outcome, attested.reason))
        else:
            case.prepare(asked, attested.facts)
        return int(pytest.main(_options(asked), plugins=[Plugin(asked, scheduler)]))
    finally:
        scheduler.close()
        attestation.finish(asked, attested)


def _options(asked: job.Job) -> List[str]:
    return [
        os.path.join(_HERE, "cases.py"),
        "--rootdir=" + asked.out,
        "--config-file=" + os.devnull,
        "--import-mode=importlib",
        "--capture=no",
        "--junit-xml=" + os.path.join(asked.out, "junit.xml"),
        "-pno:cacheprovider",
        "-pno:faulthandler",
        "-pno:warnings",
        "-v",
        "--tb=short",
        "--color=no",
    ]


def _divert_output(path: str) -> int:
    """Send descriptors 1 and 2 to a file; returns a descriptor of what was standard output."""
    progress = os.dup(1)
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for number in (1, 2):
        os.dup2(log, number)
    os.close(log)
    return progress


def _end(number: int, _frame: Optional[FrameType]) -> None:
    raise KeyboardInterrupt("ended by {}".format(signal.Signals(number).name))
