from __future__ import annotations

import os
import subprocess
import time

import pytest

from harness.environments import labels


def test_a_living_owner_keeps_its_container() -> None:
    assert not labels.is_abandoned(labels.for_container("cell", "run", 10), time.time() + 1e6)


def test_a_dead_owner_does_not() -> None:
    process = subprocess.Popen(["sleep", "60"])
    mine = {**labels.for_container("cell", "run", 10), labels.OWNER: labels.owner(process.pid)}
    assert not labels.is_abandoned(mine, time.time())
    process.kill()
    process.wait()
    assert labels.is_abandoned(mine, time.time())


def test_a_reused_process_number_is_not_the_owner() -> None:
    mine = labels.for_container("cell", "run", 10)
    machine, pid, started = mine[labels.OWNER].split(":")
    mine[labels.OWNER] = f"{machine}:{pid}:{int(started) + 1}"
    assert labels.is_abandoned(mine, time.time())


@pytest.mark.parametrize(("later_s", "abandoned"), [(0, False), (500, False), (700, True)])
def test_another_machine_is_given_its_time(later_s: int, abandoned: bool) -> None:
    far = {**labels.for_container("cell", "run", 10), labels.OWNER: f"elsewhere:{os.getpid()}:1"}
    assert labels.is_abandoned(far, time.time() + later_s) is abandoned


@pytest.mark.parametrize("theirs", [{}, {"org.trt-matrix": "image"}, {"owner": "x"}])
def test_what_is_not_ours_is_never_abandoned(theirs: dict[str, str]) -> None:
    assert not labels.is_abandoned(theirs, time.time() + 1e9)
