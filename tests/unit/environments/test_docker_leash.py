from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

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


def test_it_ends_where_the_files_are_too_many(tmp_path: Path) -> None:
    code = "import sys, time\nfor n in range(9): open(sys.argv[1] + f'/{n}', 'wb').write(b'x' * 1000)\ntime.sleep(30)"
    bounded = [*COMMAND[:3], "--bound", "5000", str(tmp_path), *COMMAND[3:], code, str(tmp_path)]
    process = subprocess.Popen(bounded, stdin=subprocess.PIPE)
    assert process.wait(10) == leash.FULL
    assert process.stdin is not None
    process.stdin.close()


def test_files_within_the_bound_are_no_end(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 5000)
    bounded = [*COMMAND[:3], "--bound", "5000", str(tmp_path), *COMMAND[3:], "import time; time.sleep(1.2)"]
    process = subprocess.Popen(bounded, stdin=subprocess.PIPE)
    assert process.wait(10) == 0
    assert process.stdin is not None
    process.stdin.close()
