"""The same calls on Podman's socket."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.environments import Limits, running
from harness.environments.container import Gpus, Mount, configuration
from harness.environments.context import Entry, stream
from harness.environments.dockerfile import Recipe
from harness.environments.endpoint import Endpoint
from harness.environments.engine import DaemonGone, Engine
from harness.environments.labels import for_container
from harness.probe import leash
from tests.docker.test_remote_cells import run

pytestmark = [pytest.mark.docker, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]

BASE = "python:3.11-slim-bookworm"


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory, daemon_folder: Path) -> Iterator[Engine]:
    """A service of its own with the base image of the Docker tests."""
    runc = shutil.which("runc")
    if not shutil.which("podman") or not runc:
        pytest.skip("podman and runc are not installed")
    folder = tmp_path_factory.mktemp("podman")
    places = ["--root", str(folder / "root"), "--runroot", str(folder / "run")]
    command = ["podman", *places, "--runtime", runc, "--cgroup-manager", "cgroupfs"]
    subprocess.run([*command, "import", daemon_folder / "base.tar", BASE], check=True, capture_output=True)
    address = f"unix://{folder}/podman.sock"
    with (folder / "log").open("wb") as log:
        service = subprocess.Popen([*command, "system", "service", "-t", "0", address], stdout=log, stderr=log)
    try:
        engine = connected(address)
        yield engine
        engine.close()
    finally:
        service.terminate()
        service.wait()
        subprocess.run([*command, "rm", "-af"], check=False, capture_output=True)
        subprocess.run([*command, "rmi", "-af"], check=False, capture_output=True)


def connected(address: str) -> Engine:
    until = time.monotonic() + 20
    while True:
        try:
            return Engine(Endpoint(address, "the test"))
        except DaemonGone:
            assert time.monotonic() < until
            time.sleep(0.2)


def test_a_whole_cell(podman: Engine, tmp_path: Path) -> None:
    """Image, container, evidence and an engine by NVIDIA's builder."""
    results, folder = run(podman.endpoint.url, tmp_path / "cell", "fp32")
    assert results["counts"]["conclusive"] == results["counts"]["executed"] == 1
    assert list(folder.glob("evidence/*/*/layers.json"))
    assert podman.containers("org.trt-matrix") == []


def test_a_whole_cell_with_its_files_copied(podman: Engine, tmp_path: Path) -> None:
    results, _ = run(podman.endpoint.url, tmp_path / "cell", "fp32", TRT_MATRIX_DOCKER_FILES="copy")
    assert results["counts"]["conclusive"] == 1
    assert podman.volumes("org.trt-matrix") == []


def test_it_is_known_as_what_it_is(podman: Engine) -> None:
    assert podman.info().podman


def test_images_build_with_arguments_and_labels(podman: Engine) -> None:
    text = "ARG BASE\nFROM ${BASE}\nCOPY x /x\n"
    recipe = Recipe("trt-matrix-test/podman", text, (("BASE", BASE),), "")
    context = stream([Entry("Dockerfile", data=text.encode()), Entry("x", data=b"1")])
    podman.build(recipe, context, {"org.trt-matrix": "image"}, 60, print)
    found = podman.image(recipe.tag)
    assert found is not None
    assert found.labels["org.trt-matrix"] == "image"


def test_a_container_runs_streams_and_is_gone(podman: Engine) -> None:
    lines: list[str] = []
    code = "import os, sys; print(os.getuid(), flush=True); print(os.listdir('/sys/class/net')); sys.exit(3)"
    limits = Limits(60, memory_bytes=1 << 30)
    body = configuration(
        image=BASE,
        command=("python3", "-I", "/leash.py", "python3", "-I", "-c", code),
        user="65532:65532",
        mounts=(Mount(leash.__file__, "/leash.py"),),
        limits=limits,
        gpus=Gpus(),
        labels=for_container("podman", "test", 60),
    )
    ending = running.run(podman, body, "trt-matrix-test", limits, lines.append)
    assert (ending.status, ending.reason) == (3, "")
    assert lines == ["65532", "['lo']"]
    assert podman.containers("org.trt-matrix") == []
