from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from harness.environments import gpu, software
from harness.environments.daemon_records import Image, Info
from harness.errors import EnvironmentUnavailable
from tests.unit.environments.cells import docker_cell

INFO = Info(
    name="Debian",
    version="28.0",
    root=Path("/var/lib/docker"),
    rootless=False,
    remapped=False,
    podman=False,
    runtimes=("runc",),
    cdi=False,
    memory_bytes=1 << 34,
    storage="overlay2",
)
NGC = software.of(docker_cell("8.6.1", "ngc:24.01-py3"))
REDIST = software.of(docker_cell("8.6.1"))
TOOLKIT = dataclasses.replace(INFO, runtimes=("runc", "nvidia"))


@pytest.mark.parametrize(
    ("loaded", "info", "reason"),
    [("", INFO, "no-gpu: "), ("550.54.15", INFO, "toolkit-missing: "), ("550.54.15", TOOLKIT, "")],
)
def test_what_stands_in_the_way(monkeypatch: pytest.MonkeyPatch, loaded: str, info: Info, reason: str) -> None:
    monkeypatch.setattr(gpu, "driver", lambda: loaded)
    monkeypatch.setattr(gpu, "_HOOKS", ())
    assert gpu.missing(NGC, info, local=True).startswith(reason)
    assert bool(gpu.missing(NGC, info, local=True)) is bool(reason)


def test_redistributables_start_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "driver", lambda: "")
    assert gpu.missing(REDIST, INFO, local=True) == ""


def test_the_choice_of_the_user_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(gpu.CHOICE, "GPU-1")
    assert gpu.chosen(INFO, local=True).devices == ("GPU-1",)


def test_all_by_default_where_there_are_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(gpu.CHOICE, raising=False)
    monkeypatch.setattr(gpu, "driver", lambda: "550.54.15")
    assert gpu.chosen(TOOLKIT, local=True).every
    monkeypatch.setattr(gpu, "driver", lambda: "")
    assert not gpu.chosen(TOOLKIT, local=True)


def test_driver_version(tmp_path: Path) -> None:
    file = tmp_path / "version"
    file.write_text("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  Release Build\n")
    assert gpu.driver(file) == "550.54.15"
    assert gpu.driver(tmp_path / "none") == ""


REQUIREMENT = "cuda>=12.3 brand=tesla,driver>=470,driver<471 brand=tesla,driver>=525,driver<526"


@pytest.mark.parametrize(
    ("cuda", "driver", "fulfilled"),
    [
        ("12.4", "550.54.15", True),
        ("12.2", "535.104.5", False),
        ("11.4", "470.57.2", True),
        ("", "", True),
        ("12.3", "545.23.8", True),
    ],
)
def test_requirements_of_an_image(cuda: str, driver: str, fulfilled: bool) -> None:
    assert gpu.satisfied(REQUIREMENT, {"cuda": cuda, "driver": driver}) is fulfilled


def test_a_driver_too_old_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "driver", lambda: "535.104.5")
    monkeypatch.setattr(gpu, "driver_cuda", lambda: "12.2")
    base = Image("sha256:1", (), (), 0, "", {}, (f"NVIDIA_REQUIRE_CUDA={REQUIREMENT}",))
    with pytest.raises(EnvironmentUnavailable, match=r"driver-too-old: .*cuda>=12\.3; driver 535\.104\.5"):
        gpu.check_image(base, local=True)
    gpu.check_image(base, local=False)
