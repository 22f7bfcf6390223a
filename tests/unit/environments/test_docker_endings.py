from __future__ import annotations

import pytest

from harness.environments.endings import State, ending, refusal


@pytest.mark.parametrize(
    ("state", "status", "reason"),
    [
        (State("exited", 0, False), 0, ""),
        (State("exited", 1, False), 1, ""),
        (State("exited", 137, True), -9, "out-of-memory: the cell's processes passed its limit of 2000 MB"),
        (State("exited", 1, True), 1, "out-of-memory: the cell's processes passed its limit of 2000 MB"),
        (State("exited", 137, False), -9, "killed: the container was ended from outside (SIGKILL)"),
        (State("exited", 139, False), -11, ""),
    ],
)
def test_how_a_container_ended(state: State, status: int, reason: str) -> None:
    found = ending(state, 2_000_000_000)
    assert (found.status, found.reason) == (status, reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.3, please update", "driver-too-old"),
        ('could not select device driver "" with capabilities: [[gpu]]', "toolkit-missing"),
        ("nvidia-container-cli: initialization error: load library failed: libnvidia-ml.so.1", "no-gpu"),
        ("nvidia-container-cli: device error: GPU-12: unknown device: unknown", "no-gpu"),
        ("failed to inject CDI devices: unresolvable CDI devices nvidia.com/gpu=7", "no-gpu"),
        ("No such image: sha256:12", "image-missing"),
        ("write /x: no space left on device", "disk-full"),
        ("something new", "container-error"),
    ],
)
def test_why_a_container_did_not_start(text: str, reason: str) -> None:
    assert refusal(text).startswith(f"{reason}: ")


def test_the_condition_is_named() -> None:
    assert "cuda>=12.3," in refusal("requirement error: unsatisfied condition: cuda>=12.3, please update")
