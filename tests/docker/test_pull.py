"""Pulling from a registry that is real to the daemon: digests, a moved tag, faults of the network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.commands import lock
from harness.environments import building, images, lockfile
from harness.environments.engine import Engine
from harness.errors import EnvironmentUnavailable, Exit
from tests.docker.registry import Registry, serving

# The SDK leaves the socket of a failed connection to the garbage collector.
pytestmark = [pytest.mark.docker, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]


@pytest.fixture
def registry(engine: Engine) -> Iterator[Registry]:
    with serving() as found:
        yield found
        engine.remove_image(found.name)


def test_a_pull_reports_and_leaves_the_digest(engine: Engine, registry: Registry) -> None:
    said: list[str] = []
    building.pull(engine, registry.name, said.append)
    assert said[0].startswith(f"pulling {registry.name}: ")
    image = engine.image(registry.name)
    assert image is not None
    assert image.digests == (images.with_digest(images.repository(registry.name), registry.digest),)


def test_by_digest(engine: Engine, registry: Registry) -> None:
    exact = images.exact(images.with_digest(registry.name, registry.digest))
    building.pull(engine, exact, print)
    assert engine.image(exact) is not None
    engine.remove_image(exact)


def test_a_busy_registry_is_asked_again(engine: Engine, registry: Registry) -> None:
    registry.faults = 3
    said: list[str] = []
    building.pull(engine, registry.name, said.append)
    assert registry.faults == 0
    assert [words for words in said if words.endswith("again in 2 s")], said
    assert engine.image(registry.name) is not None


def test_a_refusal_is_not(engine: Engine, registry: Registry) -> None:
    registry.refuses = True
    said: list[str] = []
    with pytest.raises(EnvironmentUnavailable, match="cannot be pulled"):
        building.pull(engine, registry.name, said.append)
    assert not [words for words in said if "again in" in words]


def test_lock_check_and_a_moved_tag(engine: Engine, registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / lockfile.NAME
    assert lock.lock(path, lock.ask(engine, [registry.name]), check=False, as_json=False) == Exit.OK
    locked = lockfile.read(path).images[registry.name].digest
    assert locked == registry.digest
    registry.publish("two")
    assert lock.lock(path, lock.ask(engine, [registry.name]), check=True, as_json=False) == Exit.UNEXPECTED
    (finding,) = building._moved(engine, images.with_digest(registry.name, locked))
    assert finding.facts["now"] == registry.digest
