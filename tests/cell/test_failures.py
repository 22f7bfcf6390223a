"""A case that dies, hangs or floods costs itself alone."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cell.conftest import Bench, sabotaged

pytestmark = pytest.mark.cell

StandIn = Callable[[str], str]


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGKILL"])
def test_signal_is_told_and_evidence_is_kept(bench: Bench, stand_in: StandIn, name: str) -> None:
    module = stand_in(sabotaged(f"os.write(2, b'last words')\nos.kill(os.getpid(), signal.{name})"))
    assert bench.run(bench.case("dies"), module=module).status == 1
    assert bench.outcome("dies") == ("crashed", f"signal {name}")
    assert bench.event("dies", "stage")["stage"] == "parse"
    assert "[O] last words" in bench.log("dies")


def test_a_full_disk_is_no_answer_of_the_release(bench: Bench, stand_in: StandIn) -> None:
    module = stand_in(sabotaged("raise OSError(28, 'No space left on device')"))
    bench.run(bench.case("full"), module=module)
    assert bench.outcome("full") == ("crashed", "OSError: [Errno 28] No space left on device")


def test_a_log_that_cannot_be_written_is_no_answer(bench: Bench) -> None:
    (bench.out / "deaf").mkdir()
    (bench.out / "deaf" / "tensorrt.log").symlink_to("/dev/full")
    bench.run(bench.case("deaf"))
    assert bench.outcome("deaf") == ("crashed", "tensorrt.log could not be written: No space left on device")


def test_neighbour_of_a_crash_is_not_touched(bench: Bench, stand_in: StandIn) -> None:
    first = bench.out / "first"
    module = stand_in(
        sabotaged(f"if not os.path.exists({str(first)!r}):\n    os.mkdir({str(first)!r})\n    os.abort()")
    )
    bench.run(bench.case("dies"), bench.case("lives"), module=module, jobs=1)
    assert bench.outcome("dies") == ("crashed", "signal SIGABRT")
    assert bench.outcome("lives") == ("passed", "")


def test_hang_is_ended_with_its_children(bench: Bench, stand_in: StandIn) -> None:
    child = bench.out / "child"
    body = f"pid = os.fork()\nif pid: open({str(child)!r}, 'w').write(str(pid))\n"
    module = stand_in(sabotaged(f"signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{body}time.sleep(60)"))
    started = time.monotonic()
    bench.run(bench.case("hangs", timeout_s=0.5), module=module)
    assert time.monotonic() - started < 20
    assert bench.outcome("hangs") == ("timed-out", "ran past 0.5 s")
    assert not alive(int(child.read_text("ascii")))


def alive(pid: int) -> bool:
    """Nobody may have collected it yet, so an ended process can still be listed."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text("ascii").rpartition(")")[2].split()[0] != "Z"


def test_flood_is_cut(bench: Bench, stand_in: StandIn) -> None:
    module = stand_in(sabotaged("for _ in range(3000): os.write(1, b'x' * 999 + b'\\n')"))
    bench.run(bench.case("floods"), module=module, log_bytes=100_000)
    log = (bench.out / "floods" / "tensorrt.log").read_bytes()
    assert len(log) < 101_000
    assert b"log cut" in log.splitlines()[-1]
    assert "log cut" in bench.outcome("floods")[1]


def test_import_that_crashes_costs_the_import(bench: Bench, stand_in: StandIn) -> None:
    assert bench.run(bench.case("one"), module=stand_in("os.abort()\n")).status == 1
    assert bench.outcome("one") == (
        "crashed",
        "library-not-loaded: SIGABRT while the library was loaded and imported",
    )


def test_wall_limit_ends_the_cell_and_keeps_the_tokens(bench: Bench, stand_in: StandIn, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    os.mkfifo(tokens)
    file = os.open(tokens, os.O_RDWR | os.O_NONBLOCK)
    os.write(file, b"++")
    module = stand_in(sabotaged("time.sleep(60)"))
    ending = bench.run(bench.case("slow"), bench.case("next"), module=module, jobs=1, wall_s=6.0, tokens=tokens)
    assert ending.reason == "ran past the cell's 6 s"
    assert bench.outcome("slow")[0] == "not-run"
    assert bench.outcome("next")[0] == "not-run"
    assert os.read(file, 10) == b"++"
    os.close(file)


def test_stop_file_lets_the_running_finish(bench: Bench, stand_in: StandIn) -> None:
    marker = bench.out / "begun"
    module = stand_in(sabotaged(f"open({str(marker)!r}, 'w').close()\ntime.sleep(1.5)"))

    def stop() -> None:
        while not marker.exists():
            time.sleep(0.05)
        (bench.out / "stop").touch()

    thread = threading.Thread(target=stop)
    thread.start()
    bench.run(bench.case("running"), bench.case("waiting"), module=module, jobs=1)
    thread.join()
    assert bench.outcome("running") == ("passed", "")
    assert bench.outcome("waiting") == ("not-run", "interrupted: the run was asked to stop")
