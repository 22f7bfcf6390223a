from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.environments import Limits
from harness.environments.container import Gpus, Json, binds, configuration
from harness.errors import UsageError


def made(limits: Limits | None = None, gpus: Gpus | None = None) -> tuple[Json, dict[str, Any]]:
    body = configuration(
        image="sha256:1",
        command=("python",),
        user="1000:1000",
        mounts=binds(Path("/out"), (Path("/in"), Path("/in")), Path("/fifo")),
        limits=limits or Limits(10),
        gpus=gpus or Gpus(),
        labels={"a": "b"},
    )
    host = body["HostConfig"]
    assert isinstance(host, dict)
    return body, host


def test_nothing_is_allowed_that_is_not_needed() -> None:
    body, host = made()
    assert body["NetworkDisabled"] is True
    assert host["NetworkMode"] == "none"
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["LogConfig"] == {"Type": "none"}
    assert not {"Privileged", "CapAdd", "Devices", "PidMode"} & set(host)


def test_one_writable_place_and_each_input_once() -> None:
    _, host = made()
    assert [(mount["Target"], mount["ReadOnly"]) for mount in host["Mounts"]] == [
        ("/out", False),
        ("/fifo", False),
        ("/in", True),
    ]


def test_limits_reach_the_daemon() -> None:
    _, host = made(Limits(10, memory_bytes=1000, pids=7))
    assert (host["Memory"], host["MemorySwap"], host["PidsLimit"]) == (1000, 1000, 7)
    _, host = made(Limits(10, pids=None))
    assert not {"Memory", "PidsLimit"} & set(host)


@pytest.mark.parametrize(
    ("text", "requests"),
    [
        ("none", []),
        ("all", [{"Count": -1, "Driver": "", "Capabilities": [["gpu"]]}]),
        ("GPU-1,GPU-2", [{"DeviceIDs": ["GPU-1", "GPU-2"], "Driver": "", "Capabilities": [["gpu"]]}]),
        ("cdi:nvidia.com/gpu=all", [{"Driver": "cdi", "DeviceIDs": ["nvidia.com/gpu=all"]}]),
    ],
)
def test_gpus(text: str, requests: list[Json]) -> None:
    _, host = made(gpus=Gpus.parse(text))
    assert host["DeviceRequests"] == requests


@pytest.mark.parametrize("text", ["cdi:", "a,,b", "x=1", "cdi:0"])
def test_gpus_that_cannot_be(text: str) -> None:
    with pytest.raises(UsageError, match="expected none, all"):
        Gpus.parse(text)
