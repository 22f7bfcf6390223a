"""First process of a container: ``python -I leash.py [--bound BYTES FOLDER] COMMAND...`` runs the command on a leash.

The other end of standard input is held by the host. When the host's process is gone, however it went, the input ends,
and with the first process every other process of the container ends too. Orphans are reaped here. The same end
comes when the files of ``FOLDER`` take more than ``BYTES`` together.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from typing import List, Optional

KILLED = 128 + signal.SIGKILL
FULL = 123
_INPUT = 0
_LOOK_S = 0.5


def main(command: List[str], bound: int = 0, folder: str = "") -> int:
    """Run ``command``; its exit status (128 and the signal's number where a signal ended it), 137 without a host, or
    123 where ``folder`` holds more than ``bound`` bytes (0: any number)."""
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(128 + signal.SIGTERM))
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    while True:
        ready, _, _ = select.select([_INPUT, woken], [], [], _LOOK_S if bound else None)
        if _INPUT in ready and not os.read(_INPUT, 4096):
            return KILLED
        if woken in ready:
            os.read(woken, 4096)
            status = reap(child.pid)
            if status is not None:
                return status
        if bound and not ready and held(folder) > bound:
            return FULL


def held(folder: str) -> int:
    """Bytes of the files below ``folder``; what vanishes meanwhile counts nothing."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(root, name)).st_size
    return total


def reap(child: int) -> Optional[int]:
    """Collect every process that ended; the exit status of ``child`` where it is among them."""
    status = None
    while True:
        try:
            pid, ending = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status
        if pid == 0:
            return status
        if pid == child:
            status = 128 + os.WTERMSIG(ending) if os.WIFSIGNALED(ending) else os.WEXITSTATUS(ending)


if __name__ == "__main__":
    bounded = sys.argv[1:2] == ["--bound"]
    ended = main(sys.argv[4:], int(sys.argv[2]), sys.argv[3]) if bounded else main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(ended)
