"""A real daemon for these tests: the one whose folder ``TRT_MATRIX_TEST_DOCKER`` names (see tools/ci-docker.sh)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.environments import Ending, Limits, Prepared, docker, running
from harness.environments.connection import connected
from harness.environments.container import Gpus, Mount, configuration
from harness.environments.engine import Engine
from harness.environments.labels import for_container
from tests.unit.environments.cells import docker_cell

FOLDER = "TRT_MATRIX_TEST_DOCKER"
CELL = docker_cell("tensorrt-rtx 1.7.1", cuda="12.9")
PYTHON = "/opt/trt-matrix/venv/bin/python"
LEASH = (PYTHON, "-I", "/opt/trt-matrix/probe/leash.py")

Hostile = Callable[..., tuple[Ending, list[str]]]


@pytest.fixture(scope="session")
def daemon_folder() -> Path:
    folder = os.environ.get(FOLDER)
    if not folder:
        pytest.skip(f"no Docker daemon for tests: start one with tools/ci-docker.sh, name its folder in {FOLDER}")
    return Path(folder).resolve()


@pytest.fixture(scope="session", autouse=True)
def engine(daemon_folder: Path) -> Iterator[Engine]:
    before = os.environ.get("DOCKER_HOST")
    os.environ["DOCKER_HOST"] = f"unix://{daemon_folder}/docker.sock"
    engine, _ = connected()
    yield engine
    engine.close()
    os.environ.pop("DOCKER_HOST")
    if before is not None:
        os.environ["DOCKER_HOST"] = before


@pytest.fixture(scope="session")
def cache(daemon_folder: Path) -> Path:
    return daemon_folder / "cache"


@pytest.fixture
def prepared(engine: Engine, cache: Path) -> Prepared:
    """The image of one TensorRT-RTX cell."""
    return docker.provision(CELL, cache, print)


@pytest.fixture
def hostile(engine: Engine, prepared: Prepared) -> Hostile:
    """Run any Python code in a container as a cell would be run."""

    def run(
        code: str, *, limits: Limits | None = None, mounts: tuple[Mount, ...] = (), leash: bool = True
    ) -> tuple[Ending, list[str]]:
        chosen = limits or Limits(60, memory_bytes=1 << 30)
        body = configuration(
            image=str(prepared.handle),
            command=(*(LEASH if leash else ()), PYTHON, "-I", "-c", code),
            user="65532:65532",
            mounts=mounts,
            limits=chosen,
            gpus=Gpus(),
            labels=for_container("hostile", "test", chosen.wall_s),
        )
        lines: list[str] = []
        ending = running.run(engine, body, "trt-matrix-test", chosen, lines.append)
        return ending, lines

    return run


@pytest.fixture(autouse=True)
def nothing_left(engine: Engine) -> Iterator[None]:
    """After every test: no container of ours, running or not."""
    yield
    assert engine.containers("org.trt-matrix=container") == []
