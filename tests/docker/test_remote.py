"""A daemon behind ``ssh://``. A script stands in for the ``ssh`` command and runs the remote command here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.environments import building, docker
from harness.environments.endpoint import Endpoint
from harness.environments.engine import Engine
from tests.docker.conftest import CELL
from tests.docker.registry import serving

pytestmark = [pytest.mark.docker, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]

SSH = """#!/bin/sh
echo "$*" >> {log}
while [ "$1" != docker ]; do shift; done
DOCKER_HOST=unix://{socket} exec "$@"
"""


@pytest.fixture
def remote(daemon_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    script = tmp_path / "ssh"
    script.write_text(SSH.format(log=tmp_path / "log", socket=daemon_folder / "docker.sock"))
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    engine = Engine(Endpoint("ssh://gpu-host", "the test"))
    yield engine
    engine.close()
    assert "gpu-host" in (tmp_path / "log").read_text()


def test_it_answers_and_pulls(remote: Engine) -> None:
    assert remote.info().version
    with serving() as registry:
        building.pull(remote, registry.name, print)
        assert remote.registry_digest(registry.name) == registry.digest
        remote.remove_image(registry.name)


def test_its_cells_can_run(remote: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    found = (remote, remote.info())
    monkeypatch.setattr(docker, "connection", lambda: found)
    assert docker.missing(CELL) == ""
