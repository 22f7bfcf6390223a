from __future__ import annotations

import subprocess
import sys
import time

import pytest

from harness.probe import leash

COMMAND = [sys.executable, "-I", leash.__file__, sys.executable, "-c"]


@pytest.mark.parametrize(
    ("code", "status"),
    [("pass", 0), ("raise SystemExit(5)", 5), ("import os; os.kill(os.getpid(), 11)", 139)],
)
def test_the_status_is_the_commands(code: str, status: int) -> None:
    process = subprocess.Popen([*COMMAND, code], stdin=subprocess.PIPE)
    assert process.wait(10) == status
    assert process.stdin is not None
    process.stdin.close()


def test_it_ends_with_its_input() -> None:
    process = subprocess.Popen([*COMMAND, "import time; time.sleep(5)"], stdin=subprocess.PIPE)
    assert process.stdin is not None
    time.sleep(0.1)
    assert process.poll() is None
    process.stdin.close()
    assert process.wait(3) == leash.KILLED


def test_other_children_are_not_the_command() -> None:
    assert leash.reap(1) is None
