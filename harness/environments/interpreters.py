"""Python interpreters of this host, for environments that are made on it."""

from __future__ import annotations

import json
import platform
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness import process
from harness.environments import uv

HOST = "host"
_ASK = "import json, platform, sys; print(json.dumps([sys.executable, platform.python_version()]))"


@dataclass(frozen=True, slots=True)
class Interpreter:
    """``version`` is exact: ``3.11.7``."""

    path: Path
    version: str

    @property
    def line(self) -> str:
        """``3.11``."""
        return ".".join(self.version.split(".")[:2])


@cache
def find(python: str) -> Interpreter | None:
    """The interpreter for ``host`` (the one that runs this) or a version such as ``3.10``; ``None``: not installed."""
    own = Interpreter(Path(getattr(sys, "_base_executable", sys.executable)), platform.python_version())
    if python in ("", HOST) or own.version == python or own.line == python:
        return own
    found = uv.run("python", "find", "--system", "--no-python-downloads", python, check=False)
    if found.status != 0:
        return None
    answer = process.run([found.stdout.strip(), "-I", "-c", _ASK], check=False)
    if answer.status != 0:
        return None
    path, version = json.loads(answer.stdout)
    return Interpreter(Path(path), version)
