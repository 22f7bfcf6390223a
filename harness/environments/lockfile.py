"""``trt-matrix.lock.json`` beside a matrix: the digest that each tag had when it was locked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec

from harness.environments import images
from harness.errors import ConfigError, EnvironmentUnavailable
from harness.evidence.records import Finding, Severity
from harness.matrix.cell import Cell, EnvironmentKind
from harness.matrix.matrix import Matrix

NAME = "trt-matrix.lock.json"
_FORMAT = 1


class Pin(msgspec.Struct, frozen=True):
    """``digest`` is the registry's; ``locked`` the day."""

    digest: str
    locked: str


class Lock(msgspec.Struct, frozen=True):
    format: int = _FORMAT
    images: dict[str, Pin] = {}


def path_for(matrix: Path) -> Path:
    return matrix.with_name(NAME)


def read(path: Path) -> Lock:
    """An absent file pins nothing. Raises ``ConfigError`` where it is damaged: to run unpinned in silence is worse."""
    try:
        lock = msgspec.json.decode(path.read_bytes(), type=Lock)
        for reference, pin in lock.images.items():
            images.with_digest(reference, pin.digest)
    except FileNotFoundError:
        return Lock()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, EnvironmentUnavailable) as error:
        raise ConfigError(
            f"not a lock file ({error}); write it again with `trt-matrix lock`", file=str(path)
        ) from error
    if lock.format != _FORMAT:
        raise ConfigError(f"lock format {lock.format}, this program reads {_FORMAT}", file=str(path))
    return lock


def write(path: Path, lock: Lock) -> None:
    """Whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(lock, order="sorted"), indent=1) + b"\n")
    fresh.replace(path)


def pinned(matrix: Matrix, lock: Lock) -> Matrix:
    """The matrix with every locked image named by its digest."""
    return replace(matrix, cells=tuple(replace(entry, cell=_pinned(entry.cell, lock)) for entry in matrix.cells))


def moved(reference: str, locked: str, now: str) -> Finding:
    """The registry holds another image under a tag than the one that was locked and used."""
    return Finding(
        rule="image-tag-moved",
        title=f"{images.without_digest(reference)} has moved since it was locked",
        severity=Severity.ADVISORY,
        facts={"image": images.without_digest(reference), "locked": locked, "now": now},
        explanation="The run used the locked image. The tag now leads to another, which may hold other software.",
    )


def _pinned(cell: Cell, lock: Lock) -> Cell:
    if cell.environment is not EnvironmentKind.DOCKER:
        return cell
    try:
        base = images.base(cell)
    except EnvironmentUnavailable:
        return cell
    pin = lock.images.get(base)
    return replace(cell, image=images.with_digest(base, pin.digest)) if pin else cell
