from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.evidence.records import Host
from harness.matrix.host import capabilities, detect

SMI = """#!/bin/sh
[ "$1" = --query-gpu=name,compute_cap,driver_version ] || exit 9
printf 'NVIDIA RTX A4000, 8.6, 560.35.03\\nNVIDIA H100, 9.0, 560.35.03\\n'
"""


@pytest.fixture(autouse=True)
def no_real_hardware(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr("harness.matrix.host.DOCKER_SOCKET", tmp_path / "docker.sock")
    monkeypatch.setattr("harness.matrix.host._DRIVER", tmp_path / "version")


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[None]:
    """A stand-in for the Docker daemon that answers one question."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "docker.sock"))
        server.listen()

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(b'HTTP/1.0 200 OK\r\n\r\n{"Version": "27.3.1"}')

        thread = threading.Thread(target=answer)
        thread.start()
        yield
        thread.join()


def test_a_bare_host() -> None:
    host = detect()
    assert (host.docker, host.driver, host.gpus) == ("", "", [])
    assert host.cores >= 1
    assert host.memory_bytes > 2**20
    assert host.machine == os.uname().machine


@pytest.mark.usefixtures("daemon")
def test_a_docker_daemon_tells_its_version() -> None:
    assert detect().docker == "27.3.1"


def test_a_socket_that_nobody_answers_is_no_docker(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "docker.sock"))
    assert detect().docker == ""


def test_a_remote_daemon_is_named_without_its_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "ssh://me@secret.example.com")
    assert detect().docker == "by DOCKER_HOST (ssh)"


def test_gpus_by_nvidia_smi(tmp_path: Path) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text(SMI.replace("/bin/sh", "/bin/sh"))
    tool.chmod(0o755)
    host = detect()
    assert (host.driver, host.gpus) == ("560.35.03", ["NVIDIA RTX A4000 (sm86)", "NVIDIA H100 (sm90)"])
    assert capabilities(host) == ["8.6", "9.0"]


def test_a_failing_nvidia_smi_leaves_the_kernels_word(tmp_path: Path) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\nexit 9\n")
    tool.chmod(0o755)
    (tmp_path / "version").write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar 5\n")
    host = detect()
    assert (host.driver, host.gpus) == ("550.54.15", [])


def test_a_gpu_of_unknown_capability_is_left_out(bare: Host) -> None:
    assert capabilities(bare) == []
