"""Whole cells on a daemon that does not see this machine's files, by TCP and by a real ``sshd``."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.environments.endpoint import Endpoint
from harness.environments.engine import Engine
from tests.docker.remote_daemon import serving
from tests.docker.test_cells import SUBJECT

pytestmark = [pytest.mark.docker, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]

BASE = "python:3.11-slim-bookworm"
CELL = """version: 1
grids:
  - flavour: tensorrt-rtx
    environment: wheels
    targets: [sm86]
    include: [{version: "1.7.1", cuda: "12.9"}]
"""
CONFIG = """Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
PidFile none
AuthorizedKeysFile {folder}/key.pub
StrictModes no
UsePAM no
SetEnv DOCKER_HOST={url}
"""


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the daemon cannot see."""
    return tmp_path_factory.mktemp("hidden")


@pytest.fixture(scope="module")
def remote(hidden: Path, tmp_path_factory: pytest.TempPathFactory, daemon_folder: Path) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("remote"), hidden) as url:
        subprocess.run(["docker", "-H", url, "import", daemon_folder / "base.tar", BASE], check=True)
        yield url


@pytest.fixture
def by_ssh(remote: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """OpenSSH's server on this machine, and its client with a key made for this test."""
    sshd = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if sshd is None:
        pytest.skip("openssh-server is not installed")
    for name in ("host", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "sshd").write_text(CONFIG.format(port=port, folder=tmp_path, url=remote))
    options = f"-i {tmp_path}/key -o StrictHostKeyChecking=no -o UserKnownHostsFile={tmp_path}/known"
    client = tmp_path / "bin" / "ssh"
    client.parent.mkdir()
    client.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} {options} "$@"\n')
    client.chmod(0o755)
    monkeypatch.setenv("PATH", str(client.parent), prepend=":")
    Path("/run/sshd").mkdir(exist_ok=True)
    server = subprocess.Popen([sshd, "-D", "-e", "-f", tmp_path / "sshd"], stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    yield f"ssh://127.0.0.1:{port}"
    server.terminate()
    server.wait()


def command(folder: Path, recipes: str) -> list[str]:
    folder.mkdir(exist_ok=True)
    (folder / "matrix.yaml").write_text(CELL + SUBJECT % recipes)
    places = ["--matrix", str(folder / "matrix.yaml"), "--out", str(folder / "out")]
    return [sys.executable, "-m", "harness", "run", *places, "--environment", "docker"]


def run(url: str, folder: Path, recipes: str, **more: str) -> tuple[dict[str, Any], Path]:
    done = subprocess.run(command(folder, recipes), env={**os.environ, "DOCKER_HOST": url, **more}, check=False)
    assert done.returncode == 0
    latest = (folder / "out" / "latest").resolve()
    return json.loads((latest / "results.json").read_text()), latest


def nothing_stays(url: str) -> bool:
    engine = Engine(Endpoint(url, "the test"))
    left = [*engine.containers("org.trt-matrix=container"), *engine.volumes("org.trt-matrix")]
    engine.close()
    return left == []


def shape(run_folder: Path) -> set[str]:
    """The places of the evidence of all cells, and who owns it."""
    files = [path for path in (run_folder / "evidence").rglob("*") if path.is_file()]
    assert {path.stat().st_uid for path in files} == {os.getuid()}
    return {str(path.relative_to(run_folder)) for path in files}


def test_a_cell_by_tcp_leaves_what_a_local_one_leaves(remote: str, hidden: Path, daemon_folder: Path) -> None:
    far, far_run = run(remote, hidden / "far", "fp32, fp16-typed")
    near, near_run = run(f"unix://{daemon_folder}/docker.sock", hidden / "near", "fp32, fp16-typed")
    (one,), (other,) = far["cells"], near["cells"]
    assert far["counts"]["conclusive"] == near["counts"]["conclusive"] == 2
    for name in ("outcome", "engine_sha256", "engine_bytes", "layers"):
        assert [case[name] for case in one["cases"]] == [case[name] for case in other["cases"]]
    assert one["attestation"]["library_sha256"] == other["attestation"]["library_sha256"]
    assert shape(far_run) == shape(near_run)
    assert nothing_stays(remote)


def test_a_local_socket_that_leads_elsewhere(daemon_folder: Path, tmp_path: Path) -> None:
    url = f"unix://{daemon_folder}/docker.sock"
    results, _ = run(url, tmp_path / "copied", "fp32", TRT_MATRIX_DOCKER_FILES="copy")
    assert results["counts"]["conclusive"] == 1
    assert nothing_stays(url)


def test_a_cell_by_ssh(by_ssh: str, remote: str, hidden: Path) -> None:
    results, folder = run(by_ssh, hidden / "ssh", "fp32")
    assert results["counts"]["conclusive"] == 1
    assert list(folder.glob("evidence/*/*/events.jsonl"))
    assert nothing_stays(remote)


def test_killed_it_leaves_nothing_after_the_next_run(remote: str, hidden: Path) -> None:
    engine = Engine(Endpoint(remote, "the test"))
    with subprocess.Popen(command(hidden / "killed", "fp32"), env={**os.environ, "DOCKER_HOST": remote}) as going:
        try:
            until = time.monotonic() + 60
            while not any(found.status == "running" for found in engine.containers("org.trt-matrix=container")):
                assert time.monotonic() < until
                time.sleep(0.05)
        finally:
            going.send_signal(signal.SIGKILL)
    assert engine.volumes("org.trt-matrix")
    engine.close()
    run(remote, hidden / "killed", "fp32")
    assert nothing_stays(remote)
