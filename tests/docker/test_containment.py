"""What a cell may not do to the host, and the word for each way in which it ends."""

from __future__ import annotations

import resource
import threading
import time
from pathlib import Path

import pytest

from harness.environments import Limits
from harness.environments.collecting import trim
from harness.environments.container import Mount
from harness.environments.engine import Engine
from harness.probe.leash import FULL
from tests.docker.conftest import LEASH, Hostile

pytestmark = pytest.mark.docker

MEGABYTE = 1 << 20


def test_who_it_is_and_what_it_may(hostile: Hostile) -> None:
    ending, lines = hostile("import os; print(os.getuid()); print(open('/proc/self/status').read())")
    assert (ending.status, ending.reason) == (0, "")
    assert lines[0] == "65532"
    assert {"CapEff:\t0000000000000000", "NoNewPrivs:\t1"} <= set(lines)


def test_it_has_no_network(hostile: Hostile) -> None:
    listing = "import os, socket; print(os.listdir('/sys/class/net'), flush=True)"
    ending, lines = hostile(f"{listing}; socket.create_connection(('192.0.2.1', 80), 5)")
    assert lines[0] == "['lo']"
    assert ending.status == 1
    assert "Network is unreachable" in lines[-1]


@pytest.mark.parametrize("place", ["/x", "/opt/trt-matrix/x", "/etc/passwd", "/in/x"])
def test_it_writes_nowhere_but_in_its_places(hostile: Hostile, tmp_path: Path, place: str) -> None:
    tmp_path.chmod(0o777)
    ending, lines = hostile(f"open({place!r}, 'a')", mounts=(Mount(str(tmp_path), "/in"),))
    assert ending.status == 1
    assert lines[-1].endswith((f"Read-only file system: {place!r}", f"Permission denied: {place!r}"))
    assert list(tmp_path.iterdir()) == []


def test_ten_gigabytes_of_output_cost_the_parent_nothing(hostile: Hostile) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    code = "import os\nfor _ in range(10_000): os.write(1, (b'x' * 99 + b'\\n') * 10_486)"
    ending, lines = hostile(code, limits=Limits(120, memory_bytes=1 << 30, log_bytes=20 * MEGABYTE))
    assert ending.reason == "output-limit: the cell printed more than 20 MB"
    assert len(lines) <= 20 * MEGABYTE // 100
    lines.clear()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_an_endless_line_is_cut(hostile: Hostile) -> None:
    _, lines = hostile("import os\nfor _ in range(100): os.write(1, b'x' * 100_000)")
    assert len(lines) == 1
    assert lines[0].endswith(" [cut]")


def test_forking_without_end_stays_inside(hostile: Hostile) -> None:
    code = "import os, time\ntry:\n  while True:\n    if os.fork() == 0: time.sleep(60)\nexcept OSError as e: print(e)"
    ending, lines = hostile(code, limits=Limits(30, memory_bytes=1 << 30, pids=40))
    assert ending.status == 0
    assert "Resource temporarily unavailable" in lines[-1]


def test_memory_without_end(hostile: Hostile) -> None:
    code = "a = []\nwhile True: a.append(bytearray(10_000_000))"
    ending, _ = hostile(code, limits=Limits(30, memory_bytes=200 * MEGABYTE))
    assert ending.status == -9
    assert ending.reason == "out-of-memory: the cell's processes passed its limit of 209 MB"


def test_time_without_end(hostile: Hostile) -> None:
    started = time.monotonic()
    ending, lines = hostile("import time; print(1, flush=True); time.sleep(600)", limits=Limits(2))
    assert ending.reason == "timed-out: the cell ran past 2 s"
    assert lines == ["1"]
    assert time.monotonic() - started < 8


@pytest.mark.parametrize(("action", "reason"), [("kill", "killed: "), ("remove", "killed: ")])
def test_ended_from_outside(hostile: Hostile, engine: Engine, action: str, reason: str) -> None:
    def end() -> None:
        until = time.monotonic() + 30
        while not (found := [each for each in engine.containers("org.trt-matrix") if each.status == "running"]):
            assert time.monotonic() < until
            time.sleep(0.1)
        getattr(engine, action)(found[0].id)

    thread = threading.Thread(target=end)
    thread.start()
    ending, _ = hostile("import time; time.sleep(60)")
    thread.join()
    assert ending.status == -9
    assert ending.reason.startswith(reason)


def test_files_without_end(hostile: Hostile, tmp_path: Path) -> None:
    """Several that each keep to the limit of one."""
    tmp_path.chmod(0o777)
    write = "n = 0\nwhile True:\n  n += 1\n  open(f'/out/{n}', 'wb').write(b'x' * 1_000_000)"
    command = [*LEASH, "--bound", str(50 * MEGABYTE), "/out", LEASH[0], "-I", "-c", write]
    code = f"import os; os.execv({LEASH[0]!r}, {command!r})"
    ending, _ = hostile(code, leash=False, mounts=(Mount(str(tmp_path), "/out", writable=True),))
    assert ending.status == FULL
    kept = trim(tmp_path, 50 * MEGABYTE)
    assert kept.total > 50 * MEGABYTE
    assert kept.cut
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 50 * MEGABYTE


def test_signals_keep_their_names(hostile: Hostile) -> None:
    ending, _ = hostile("import os; os.abort()")
    assert ending.status == -6


def test_an_image_that_is_gone(hostile: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.docker.conftest.str", lambda _: "trt-matrix/cell:gone", raising=False)
    ending, _ = hostile("pass")
    assert ending.reason.startswith("image-missing: ")


def test_gpus_that_the_daemon_cannot_give(hostile: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.environments.container import Gpus

    monkeypatch.setattr("tests.docker.conftest.Gpus", lambda: Gpus(every=True))
    ending, _ = hostile("pass")
    assert ending.reason.startswith("toolkit-missing: ")
