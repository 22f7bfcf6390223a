"""Each in an interpreter of its own, since a thread that another test has left would change what happens."""

from __future__ import annotations

import subprocess
import sys

import pytest

START = "import os, threading\nfrom harness.beside import beside\nfrom harness.errors import UsageError\n"


def ran(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", START + code], capture_output=True, text=True, check=False, timeout=60)


def test_it_is_done_in_another_process_meanwhile() -> None:
    done = ran(
        "read, write = os.pipe()\n"
        "wait = beside(lambda: [str(os.getpid()), os.read(read, 10).decode()])\n"
        "os.write(write, b'go on')\n"
        "who, told = wait()\n"
        "print(int(who) != os.getpid(), told)"
    )
    assert done.stdout == "True go on\n", done.stderr


def test_where_a_thread_lives_it_is_done_here() -> None:
    done = ran(
        "ended = threading.Event()\n"
        "threading.Thread(target=ended.wait).start()\n"
        "wait = beside(lambda: [str(os.getpid())])\n"
        "ended.set()\n"
        "print(wait() == [str(os.getpid())])"
    )
    assert done.stdout == "True\n", done.stderr


@pytest.mark.parametrize(
    ("work", "error", "words"),
    [
        ("def work(): raise ValueError('a bug')", "WorkLost", "ValueError: a bug"),
        ("def work(): raise UsageError('no room')", "UsageError", "no room"),
        ("def work(): os._exit(9)", "WorkLost", "ended without an answer"),
    ],
)
def test_what_went_wrong_is_told(work: str, error: str, words: str) -> None:
    done = ran(f"{work}\nbeside(work)()")
    assert done.returncode == 1
    assert f"{error}: " in done.stderr.splitlines()[-1]
    assert words in done.stderr
