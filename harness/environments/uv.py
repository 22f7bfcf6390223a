"""The one place that calls uv."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from harness import process
from harness.environments import Progress, pip_config
from harness.errors import EnvironmentUnavailable

_KEPT_LINES = 40
_FINDING = threading.Lock()


@cache
def binary() -> str:
    """Path of uv. Raises ``EnvironmentUnavailable`` where the installation lacks it."""
    from uv import find_uv_bin  # kept out of ``plan``, which makes no environment

    try:
        # Threads of several cells ask at once, and ``sysconfig``, which this asks in turn, fills its tables unguarded.
        with _FINDING:
            return find_uv_bin()
    except FileNotFoundError as error:
        raise EnvironmentUnavailable(f"uv: not found ({error}); install the project again") from error


def variables() -> dict[str, str]:
    """The environment that uv gets: the caller's, pip's configuration in uv's words, and no virtual environment."""
    own = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")}
    return {**own, **pip_config.as_uv(own), "NO_COLOR": "1"}


def run(*words: str, check: bool = True) -> process.Completed:
    return process.run([binary(), *words], env=_environment(), check=check)


def run_live(words: Sequence[str], progress: Progress, timeout: float) -> None:
    """Run uv and pass its lines on. Raises ``EnvironmentUnavailable`` with uv's own words where it fails."""
    child = process.start([binary(), *words], stdout=subprocess.PIPE, env=_environment())
    watch = threading.Timer(timeout, process.end_group, [child])
    watch.start()
    lines: list[str] = []
    try:
        assert child.stdout is not None
        with child.stdout as stream:
            for raw in stream:
                lines = [*lines[-_KEPT_LINES:], raw.decode(errors="replace").strip()]
                if lines[-1].startswith(("Downloading", "Prepared", "Installed")):
                    progress(lines[-1])
        status = child.wait()
    finally:
        timed_out = not watch.is_alive()
        watch.cancel()
        process.end_group(child)
    if timed_out and status != 0:
        raise EnvironmentUnavailable(f"uv: not done after {timeout:g} s; raise the cell's provision time-out")
    if status != 0:
        raise EnvironmentUnavailable(f"uv: {condense(lines) or process.ending(status)}")


def condense(lines: Sequence[str]) -> str:
    """uv's error on one line, without its drawing characters."""
    words = [re.sub(r"^[\s×│├╰─▶>]+|^error:\s*", "", line).strip() for line in lines]
    errors = [i for i, line in enumerate(lines) if line.lstrip().startswith(("error", "×"))]
    told = words[errors[0] :] if errors else words[-3:]
    return " ".join(word for word in told if word)[:600]


@cache
def _environment() -> Mapping[str, str]:
    return variables()


def cache_folder() -> Path | None:
    """uv's cache; ``None`` where it does not tell."""
    answer = run("cache", "dir", check=False)
    return Path(answer.stdout.strip()) if answer.status == 0 and answer.stdout.strip() else None
