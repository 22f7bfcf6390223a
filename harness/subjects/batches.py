"""What the builder's own calibrator is given: batches, the algorithm, a cache to start from."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from harness.errors import InputError
from harness.subjects.streams import write_npy

BATCHES = "calibration.npy"
CACHE = "calibration.cache"
PROVENANCE = "calibration.json"  # beside a cache: of which release, algorithm and data it is
CALIBRATORS = ("entropy2", "minmax")


def calibrating(
    folder: Path, batches: Iterable[NDArray[Any]], number: int, options: Mapping[str, object]
) -> dict[str, Any]:
    """Write ``number`` batches of one shape, one by one, as one array, and take the user's cache along.

    Returns ``files`` and ``options`` for info.json. Raises InputError where the cache has no provenance beside it.
    """
    write_npy(folder / BATCHES, batches, number)
    files = {"calibration": BATCHES}
    if "calibration_cache" in options:
        files["cache"] = _take(Path(str(options["calibration_cache"])), folder)
    return {"files": files, "options": {"calibration": {"algorithm": str(options.get("calibrator", CALIBRATORS[0]))}}}


def _take(cache: Path, folder: Path) -> str:
    provenance = cache.with_name(PROVENANCE)
    if not provenance.is_file():
        raise InputError(
            f"{cache}: has no {PROVENANCE} beside it, so nobody knows of which release and data it is; "
            "give one from a run's evidence"
        )
    shutil.copyfile(cache, folder / CACHE)
    shutil.copyfile(provenance, folder / PROVENANCE)
    return CACHE
