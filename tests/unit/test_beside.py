from __future__ import annotations

import os
import threading

import pytest

from harness.beside import WorkLost, beside
from harness.errors import UsageError


def test_it_is_done_in_another_process_meanwhile() -> None:
    read, write = os.pipe()
    wait = beside(lambda: [str(os.getpid()), os.read(read, 10).decode()])
    os.write(write, b"go on")
    who, told = wait()
    assert int(who) != os.getpid()
    assert told == "go on"


def test_where_a_thread_lives_it_is_done_here() -> None:
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    try:
        assert beside(lambda: [str(os.getpid())])() == [str(os.getpid())]
    finally:
        ended.set()
        thread.join()


def test_a_bug_in_it_is_not_passed_over(capfd: pytest.CaptureFixture[str]) -> None:
    def fails() -> list[str]:
        raise ValueError("a bug")

    wait = beside(fails)
    with pytest.raises(WorkLost):
        wait()
    assert "ValueError: a bug" in capfd.readouterr().err


def test_what_it_refuses_is_raised_here() -> None:
    def refuses() -> list[str]:
        raise UsageError("no room")

    with pytest.raises(UsageError, match="no room"):
        beside(refuses)()


def test_a_process_that_was_killed_is_told() -> None:
    def dies() -> list[str]:
        os._exit(9)

    with pytest.raises(WorkLost):
        beside(dies)()
