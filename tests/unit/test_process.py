from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.process import ProcessFailed, end_all, ending, run, start


def test_keeps_what_was_printed() -> None:
    done = run([sys.executable, "-c", "import sys; print('out'); print('err', file=sys.stderr)"])
    assert (done.status, done.stdout, done.stderr) == (0, "out\n", "err\n")


def test_failure_names_command_status_and_words() -> None:
    with pytest.raises(ProcessFailed, match=r"(?s)ended with status 3\nstderr:\n    broken") as caught:
        run([sys.executable, "-c", "import sys; print('broken', file=sys.stderr); sys.exit(3)"])
    assert caught.value.completed.status == 3


@pytest.mark.parametrize(("command", "status"), [(["/nonexistent/x"], 127), (["sleep", "5"], 124)])
def test_no_start_and_no_end_have_the_statuses_of_the_shell(command: list[str], status: int) -> None:
    assert run(command, timeout=0.2, check=False).status == status


def test_end_all_ends_what_was_started() -> None:
    process = start(["sleep", "60"], stdout=None)
    began = time.monotonic()
    end_all()
    assert process.poll() is not None
    assert time.monotonic() - began < 5


def test_end_all_ends_what_somebody_waits_for() -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(run, ["sleep", "60"], check=False)
        while not waiting.done():
            end_all()
            time.sleep(0.01)
    assert ending(waiting.result().status) == "signal SIGKILL"


def test_words_for_an_ending() -> None:
    assert (ending(2), ending(-11)) == ("status 2", "signal SIGSEGV")
