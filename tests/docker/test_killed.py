"""``kill -9`` of the harness in each phase: nothing of it goes on, and the next run finishes the work."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.environments import Prepared, building, cleaning, docker, dockerfile, software
from harness.environments.engine import Engine
from tests.docker.conftest import CELL
from tests.docker.registry import serving

pytestmark = pytest.mark.docker

ROOT = Path(__file__).parents[2]
PROVISION = """
import sys
from dataclasses import replace
from pathlib import Path
from harness.environments import docker
from tests.docker.conftest import CELL
from tests.docker.registry import serving
cell = replace(CELL, image=sys.argv[2])
docker.provision(cell, Path(sys.argv[1]), lambda words: print(words, flush=True))
"""
RUN = """
import sys
from harness.environments import Limits, running
from harness.environments.connection import connected
from harness.environments.container import Gpus, configuration
from harness.environments.labels import for_container
from tests.docker.conftest import LEASH, PYTHON
limits = Limits(60)
code = "import time; print('running', flush=True); time.sleep(99)"
body = configuration(image=sys.argv[1], command=(*LEASH, PYTHON, "-c", code), user="65532:65532", mounts=(),
    limits=limits, gpus=Gpus(), labels=for_container("killed", "test", 60))
running.run(connected()[0], body, "trt-matrix-test", limits, lambda line: print(line, flush=True))
"""


# The harness stands still at the call that is named: the moment between two of its steps is long enough then.
STANDING = """
import time
from harness.environments.engine import Engine
def stand(*_):
    print("standing", flush=True)
    time.sleep(99)
Engine.{method} = stand
"""


def kill_at(words: str, code: str, *arguments: str) -> None:
    """Start, read until a line has the words, ``kill -9``."""
    command = [sys.executable, "-c", code, *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any(words in line for line in process.stdout), f"it never said {words!r}"
        process.kill()


@pytest.mark.parametrize("phase", ["gathering wheels", "sending", "building: "])
def test_killed_while_an_image_is_made(engine: Engine, tmp_path: Path, phase: str) -> None:
    base = "trt-matrix-test/base:killed"
    engine.tag("python:3.11-slim-bookworm", base)
    wanted = software.of(dataclasses.replace(CELL, image=base))
    engine.remove_image(dockerfile.software(wanted, "").tag)
    kill_at(phase, PROVISION, str(tmp_path), base)
    assert [path.name for path in cleaning.staging(tmp_path)], "it was killed too late to leave anything"
    cleaning.remove_staging(tmp_path)
    assert cleaning.staging(tmp_path) == []


def test_killed_while_it_pulls(engine: Engine, tmp_path: Path) -> None:
    with serving() as registry:
        registry.flowing.clear()
        kill_at(f"pulling {registry.name}: 0 of 1 layers", PROVISION, str(tmp_path), registry.name)
        assert engine.image(registry.name) is None
        registry.flowing.set()
        building.pull(engine, registry.name, print)
        assert engine.image(registry.name) is not None
        engine.remove_image(registry.name)


@pytest.mark.parametrize(("method", "status"), [("start", "created"), ("state", "exited"), ("remove", "exited")])
def test_killed_before_its_container_starts_and_after_it_ended(
    engine: Engine, prepared: Prepared, method: str, status: str
) -> None:
    code = RUN.replace("time.sleep(99)", "pass")
    kill_at("standing", STANDING.format(method=method) + code, str(prepared.handle))
    (left,) = engine.containers("org.trt-matrix=container")
    assert left.status == status
    assert [each.id for each in cleaning.remove_abandoned(engine)] == [left.id]


def test_its_container_dies_with_it(engine: Engine, prepared: Prepared) -> None:
    kill_at("running", RUN, str(prepared.handle))
    until = time.monotonic() + 10
    while any(found.status == "running" for found in engine.containers("org.trt-matrix")):
        assert time.monotonic() < until
        time.sleep(0.1)
    (removed,) = cleaning.remove_abandoned(engine)
    assert removed.labels["org.trt-matrix.cell"] == "killed"


def test_others_containers_are_never_touched(engine: Engine, prepared: Prepared) -> None:
    theirs = engine.create({"Image": prepared.handle, "Cmd": ["true"]}, "not-ours")
    try:
        kill_at("running", RUN, str(prepared.handle))
        time.sleep(1)
        assert len(cleaning.remove_abandoned(engine)) == 1
        assert engine.state(theirs) is not None
    finally:
        engine.remove(theirs)


def test_the_next_run_finds_the_image_whole(engine: Engine, cache: Path) -> None:
    prepared = docker.provision(CELL, cache, print)
    assert engine.image(str(prepared.handle)) is not None
