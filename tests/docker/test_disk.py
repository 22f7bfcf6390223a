"""A daemon whose disk is small."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.environments import building, software
from harness.environments.endpoint import Endpoint
from harness.environments.engine import BuildFailed, Engine
from harness.errors import EnvironmentUnavailable
from tests.docker.conftest import CELL

pytestmark = pytest.mark.docker

SCRIPT = Path(__file__).parents[2] / "tools" / "ci-docker.sh"


@pytest.fixture
def small(tmp_path: Path, daemon_folder: Path) -> Iterator[Engine]:
    """A daemon of its own on a file system of 600 MB."""
    if os.getuid() != 0:
        pytest.skip("mounting a small disk needs root")
    disk, mounted, folder = tmp_path / "disk", tmp_path / "mounted", tmp_path / "d"
    with disk.open("wb") as file:
        file.truncate(600_000_000)
    mounted.mkdir()
    folder.mkdir()
    (folder / "base.tar").symlink_to(daemon_folder / "base.tar")
    subprocess.run(["mkfs.ext4", "-q", disk], check=True)
    if subprocess.run(["mount", "-o", "loop", disk, mounted], check=False).returncode != 0:
        pytest.skip("no loop device can be mounted here")
    try:
        environment = {**os.environ, "DATA_ROOT": str(mounted / "data")}
        subprocess.run([SCRIPT, "start", folder], check=True, capture_output=True, env=environment)
        engine = Engine(Endpoint(f"unix://{folder}/docker.sock", "the test"))
        yield engine
        engine.close()
        subprocess.run([SCRIPT, "stop", folder], check=True)
    finally:
        subprocess.run(["umount", "-R", mounted], check=False)


def test_the_disk_is_asked_before_and_told_after(
    small: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = software.of(CELL)
    with pytest.raises(EnvironmentUnavailable, match=r"needs 0\.9 GB and .* GB free: make room"):
        building.provide(small, small.info(), wanted, tmp_path / "cache", 300, print)
    monkeypatch.setattr(building, "check_room", lambda *_: None)
    with pytest.raises(BuildFailed, match="no space left on device"):
        building.provide(small, small.info(), wanted, tmp_path / "cache", 300, print)
    assert small.containers("org.trt-matrix") == []
