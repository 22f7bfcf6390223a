"""Removes what earlier runs left behind: only what carries our label, and only what nobody waits for."""

from __future__ import annotations

import time

from harness.environments.engine import Container, Engine
from harness.environments.labels import MARK, is_abandoned


def abandoned(engine: Engine) -> list[Container]:
    """Containers of ours whose run is gone."""
    now = time.time()
    return [found for found in engine.containers(MARK) if is_abandoned(found.labels, now)]


def remove_abandoned(engine: Engine) -> list[Container]:
    """Remove them, and say which they were."""
    found = abandoned(engine)
    for container in found:
        engine.remove(container.id)
    return found
