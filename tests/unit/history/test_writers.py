"""Several processes on one file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from harness.history import store, writer
from tests import nights

WRITER = """
import sys
from harness.history import store, writer
from tests import nights
for day in range(int(sys.argv[2]), int(sys.argv[3])):
    with store.opened(sys.argv[1]) as database:
        writer.add(database, nights.simple(day), None)
"""
STUCK = """
import sys, time
from harness.history import store, writer
from tests import nights
writer._insert_reuse = lambda *_: (print("inside", flush=True), time.sleep(60))
with store.opened(sys.argv[1]) as database:
    writer.add(database, nights.simple(), None)
"""


def start(script: str, *words: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", script, *map(str, words)], stdout=subprocess.PIPE, text=True)


def test_writers_at_one_time_lose_nothing(tmp_path: Path) -> None:
    place = tmp_path / "history.sqlite"
    processes = [start(WRITER, place, first, first + 5) for first in (0, 5, 10)]
    assert [(process.communicate(), process.returncode)[1] for process in processes] == [0, 0, 0]
    with store.opened(place) as database:
        assert len(store.runs(database)) == 15


def test_a_writer_killed_by_force_leaves_no_half_run_and_no_lock(tmp_path: Path) -> None:
    place = tmp_path / "history.sqlite"
    with start(STUCK, place) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "inside\n"
        process.kill()
    with store.opened(place) as database:
        assert store.runs(database) == []
        assert writer.add(database, nights.simple(), None)
