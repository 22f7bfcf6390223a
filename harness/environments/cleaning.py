"""Removes what earlier runs left behind: only what carries our label, and only what nobody waits for."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from harness.environments.daemon_records import Container, Image, Volume
from harness.environments.engine import Engine
from harness.environments.labels import KEY, MARK, is_abandoned

STAGING = "staging-"


def abandoned(engine: Engine) -> list[Container]:
    """Containers of ours whose run is gone."""
    now = time.time()
    return [found for found in engine.containers(MARK) if is_abandoned(found.labels, now)]


def abandoned_volumes(engine: Engine) -> list[Volume]:
    """Copies of files for cells of runs that are gone; they can be removed after their containers."""
    now = time.time()
    return [found for found in engine.volumes(f"{MARK}=volume") if is_abandoned(found.labels, now)]


def remove_abandoned(engine: Engine) -> list[Container]:
    """Remove them and their volumes, and say which containers they were."""
    found = abandoned(engine)
    for container in found:
        engine.remove(container.id)
    for volume in abandoned_volumes(engine):
        engine.remove_volume(volume.name)
    return found


def staging(cache: Path) -> list[Path]:
    """Folders of image builds whose program is gone: a living one holds the lock beside its folder."""
    return [folder for folder in sorted(cache.glob(f"{STAGING}*")) if folder.is_dir() and not _held(folder)]


def remove_staging(cache: Path) -> None:
    for folder in staging(cache):
        shutil.rmtree(folder, ignore_errors=True)


def surplus(engine: Engine, cache: Path, limit: int | None) -> list[Image]:
    """Our images beyond ``limit`` bytes, the longest unused first, an image before the one that it is built on."""
    if limit is None:
        return []
    ours = [image for image in engine.images(f"{MARK}=image") if image.tags]
    return choose(((image, _last_use(image, cache)) for image in ours), limit)


def choose(images: Iterable[tuple[Image, float]], limit: int) -> list[Image]:
    """Keep the most recently used that fit into ``limit`` bytes together, give back the others, oldest first."""
    kept = 0
    given_up = []
    for image, _ in sorted(images, key=lambda entry: entry[1], reverse=True):
        kept += image.size
        if kept > limit:
            given_up.append(image)
    # A cell's image stands on a software image: the daemon removes them in this order only.
    return sorted(given_up, key=lambda image: "/software:" in image.tags[0])


def _last_use(image: Image, cache: Path) -> float:
    with contextlib.suppress(OSError):
        return (cache / "images" / image.labels.get(KEY, "-")).stat().st_mtime
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(image.created[:19] + "+00:00").timestamp()
    return 0.0


def _held(folder: Path) -> bool:
    """True while a process has the folder locked."""
    try:
        with (folder / "lock").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
