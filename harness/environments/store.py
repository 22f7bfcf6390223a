"""Folders in the cache that are there whole or not at all, shared by runs that may be running now."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import EnvironmentUnavailable

MARKER = "complete"


def folder(cache: Path, digest: str) -> Path:
    return cache / digest


def made(place: Path, digest: str) -> bool:
    """True where ``place`` was finished by somebody and is of this digest."""
    try:
        return (place / MARKER).read_text(encoding="ascii") == digest
    except (OSError, UnicodeDecodeError):
        return False


def make(cache: Path, digest: str, fill: Callable[[Path], None]) -> Path:
    """The folder of ``digest``; where it is not made yet, ``fill`` makes its content in a folder beside it.

    Two runs that want the same folder wait for each other. What a killed run has left is cleared away by
    the next that wants the same. Raises ``EnvironmentUnavailable`` where the cache cannot be written.
    """
    place = folder(cache, digest)
    if made(place, digest):
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with _locked(place.with_name(f"{digest}.lock")):
            if not made(place, digest):
                _make(place, digest, fill)
    except OSError as error:
        raise EnvironmentUnavailable(f"{cache}: {error.strerror or error}; choose another cache folder") from error
    return place


def _make(place: Path, digest: str, fill: Callable[[Path], None]) -> None:
    for left in (place, *place.parent.glob(f"{digest}.part-*")):
        if left.exists():
            shutil.rmtree(left)
    part = place.with_name(f"{digest}.part-{secrets.token_hex(4)}")
    try:
        fill(part)
        (part / MARKER).write_text(digest, encoding="ascii")
        part.rename(place)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def require_space(cache: Path, needed: int) -> None:
    """Raises ``EnvironmentUnavailable`` where the disk of ``cache`` has less than ``needed`` bytes free."""
    existing = next(path for path in (cache.absolute(), *cache.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise EnvironmentUnavailable(
            f"{cache}: {free / 1e6:.0f} MB free, {needed / 1e6:.0f} MB are needed; free some or move the cache"
        )
