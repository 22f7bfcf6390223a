"""The one connection of a program to its daemon."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from threading import Lock

from harness.environments.daemon_records import Info
from harness.environments.endpoint import resolve
from harness.environments.engine import Engine
from harness.errors import EnvironmentUnavailable

_CONNECTING = Lock()


def connected() -> tuple[Engine, Info]:
    """Raises ``EnvironmentUnavailable`` where no daemon answers."""
    found = connection()
    if isinstance(found, str):
        raise EnvironmentUnavailable(found)
    return found


def connection() -> tuple[Engine, Info] | str:
    """The connection; where there is none, why. Asked once: a matrix has many cells."""
    with _CONNECTING:
        return _connect()


@cache
def _connect() -> tuple[Engine, Info] | str:
    try:
        engine = Engine(resolve(os.environ, Path.home()))
        return engine, engine.info()
    except EnvironmentUnavailable as error:
        return str(error)
