"""A daemon that goes, comes back, or serves two runs at once."""

from __future__ import annotations

import gc
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.environments import Prepared, docker, running
from harness.environments.engine import Engine
from tests.docker.conftest import CELL, Hostile

# The SDK leaves the socket of a failed connection to the garbage collector.
pytestmark = [pytest.mark.docker, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]

SCRIPT = Path(__file__).parents[2] / "tools" / "ci-docker.sh"


@pytest.fixture
def daemon(daemon_folder: Path, engine: Engine) -> Iterator[Callable[[str], None]]:
    """``start`` and ``stop`` the daemon; it runs again after the test."""

    def act(action: str) -> None:
        subprocess.run([SCRIPT, action, daemon_folder], check=True, capture_output=True, timeout=60)

    yield act
    act("start")
    for left in engine.containers("org.trt-matrix"):
        engine.remove(left.id)
    gc.collect()


def later(seconds: float, action: Callable[[], None]) -> threading.Thread:
    def act() -> None:
        time.sleep(seconds)
        action()

    thread = threading.Thread(target=act)
    thread.start()
    return thread


def test_stopped_and_started_mid_run(hostile: Hostile, daemon: Callable[[str], None]) -> None:
    def restart() -> None:
        daemon("stop")
        daemon("start")

    thread = later(1.5, restart)
    ending, lines = hostile("import time; print(1, flush=True); time.sleep(60)")
    thread.join()
    assert lines == ["1"]
    assert ending.reason.startswith("daemon-restarted: ")


def test_gone_for_good(hostile: Hostile, daemon: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_RESTART_S", 6.0)
    thread = later(1.5, lambda: daemon("stop"))
    ending, _ = hostile("import time; time.sleep(60)")
    thread.join()
    assert ending.reason.startswith("daemon-gone: no Docker daemon answers at unix://")
    assert ending.reason.endswith("may be left there: `trt-matrix gc` removes it")


def test_two_runs_at_once_build_an_image_once(engine: Engine, prepared: Prepared, cache: Path) -> None:
    small = engine.image(str(prepared.handle))
    assert small is not None
    engine.remove_image(small.tags[0])
    said: list[str] = []
    made: list[Prepared] = []
    threads = [
        threading.Thread(target=lambda: made.append(docker.provision(CELL, cache, said.append))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({each.handle for each in made}) == 1
    assert sum("sending" in words for words in said) == 1
