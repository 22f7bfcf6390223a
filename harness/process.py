"""The one place of the host side that starts processes."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import textwrap
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError

_started: weakref.WeakSet[subprocess.Popen[bytes]] = weakref.WeakSet()
_running: weakref.WeakSet[subprocess.Popen[str]] = weakref.WeakSet()


@dataclass(frozen=True, slots=True)
class Completed:
    """How a process ended. A negative ``status`` is the number of the signal that ended it."""

    command: tuple[str, ...]
    status: int
    stdout: str
    stderr: str


class ProcessFailed(HarnessError):
    """A process could not start, or ended with another status than 0."""

    def __init__(self, completed: Completed) -> None:
        self.completed = completed
        body = "".join(
            f"\n{name}:\n{textwrap.indent(text.rstrip(), '    ')}"
            for name, text in (("stdout", completed.stdout), ("stderr", completed.stderr))
            if text.strip()
        )
        super().__init__(f"{shlex.join(completed.command)}: ended with {ending(completed.status)}{body}")


def ending(status: int) -> str:
    """Words for an exit status: ``status 2`` or ``signal SIGSEGV``."""
    if status >= 0:
        return f"status {status}"
    try:
        return f"signal {signal.Signals(-status).name}"
    except ValueError:
        return f"signal {-status}"


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
    check: bool = True,
) -> Completed:
    """Run a command to its end and keep what it printed.

    ``env`` replaces the environment. Raises ``ProcessFailed`` where ``check`` is set and the
    command did not end with 0, could not start (127) or ran past ``timeout`` seconds (124).
    """
    words = tuple(os.fspath(word) for word in command)
    try:
        completed = _communicate(words, cwd, env, timeout)
    except FileNotFoundError as error:
        completed = Completed(words, 127, "", str(error))
    except subprocess.TimeoutExpired as error:
        completed = Completed(words, 124, _text(error.stdout), f"{_text(error.stderr)}ran past {timeout} s")
    if check and completed.status != 0:
        raise ProcessFailed(completed)
    return completed


def _communicate(
    words: tuple[str, ...], cwd: Path | None, env: Mapping[str, str] | None, timeout: float | None
) -> Completed:
    process = subprocess.Popen(
        words,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    _running.add(process)
    with process:
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
        return Completed(words, process.wait(), stdout, stderr)


def start(
    command: Sequence[str | os.PathLike[str]],
    *,
    stdout: int | None,
    stdin: int = subprocess.DEVNULL,
    stderr: int = subprocess.STDOUT,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own; stderr goes where stdout goes, if nothing else is said.

    A group of its own keeps the terminal's Ctrl-C away from it, so that what is running can finish.
    """
    process = subprocess.Popen(
        [os.fspath(word) for word in command],
        cwd=cwd,
        env=env,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
        pass_fds=pass_fds,
    )
    _started.add(process)
    return process


def end_all() -> None:
    """End everything that ``start`` and ``run`` made and that still runs."""
    for one in list(_running):
        one.kill()
    for process in list(_started):
        if process.poll() is None:
            end_group(process, grace_s=0.5)


def end_group(process: subprocess.Popen[bytes], grace_s: float = 3.0) -> None:
    """End a process that ``start`` made, and all that it started: first asked, then forced."""
    for number, patience in ((signal.SIGTERM, grace_s), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        break
    process.wait()


def _text(value: bytes | str | None) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value or ""
