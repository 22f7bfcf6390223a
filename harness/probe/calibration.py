"""INT8 calibration from batches that the job brings, for releases that still calibrate."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any, Callable, Dict, List, Optional

from .apis.base import Api
from .child import Desk
from .cuda import DeviceBuffer
from .outcome import CaseFailed, NotApplicable

_ALGORITHMS = {"entropy2": "IInt8EntropyCalibrator2", "minmax": "IInt8MinMaxCalibrator"}
CACHE = "calibration.cache"
PROVENANCE = "calibration.json"


def attach(desk: Desk, api: Api, config: Any) -> Optional[object]:
    """Give the builder a calibrator where the recipe wants one; returns it, as it must outlive the build.

    ``options["calibration"]``: ``batches`` (an .npy file shaped batches x the input's shape),
    ``algorithm`` (``entropy2`` or ``minmax``), ``cache`` (a calibration cache to start from, refused where the file
    ``calibration.json`` beside it names another release, algorithm or data).
    """
    if desk.case.recipe != "int8-calibrated":
        return None
    options = desk.case.options.get("calibration") or {}
    algorithm = options.get("algorithm", "entropy2")
    name = _ALGORITHMS.get(algorithm)
    if name is None:
        raise CaseFailed("calibration algorithm {} is not known".format(algorithm))
    base = getattr(api.trt, name, None)
    if base is None:
        raise NotApplicable("{} is missing".format(name))
    own = provenance(str(api.trt.__version__), algorithm, options.get("batches"))
    if options.get("cache"):
        require_same(options["cache"], own)
        desk.events.write("note", text="calibration starts from the cache {}".format(options["cache"]))
    with open(os.path.join(desk.folder, PROVENANCE), "w", encoding="ascii") as file:
        json.dump(own, file, indent=1)
    source = Batches(options["batches"]) if options.get("batches") else None
    calibrator = make(base, source, desk.folder, options.get("cache"))
    config.int8_calibrator = calibrator  # trt-matrix: ignore[a release without it has no such base class: see above]
    return calibrator  # type: ignore[no-any-return]


def provenance(release: str, algorithm: str, batches: Optional[str]) -> Dict[str, str]:
    """What a cache is of: a scale that another release found, or that came of other data, is no scale of this case."""
    digest = hashlib.sha256()
    if batches:
        with open(batches, "rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
    return {"release": release, "algorithm": algorithm, "data": digest.hexdigest()}


def require_same(cache: str, own: Dict[str, str]) -> None:
    """Raises ``CaseFailed`` where the cache is of something else, or nobody knows of what."""
    try:
        with open(os.path.join(os.path.dirname(cache), PROVENANCE), encoding="ascii") as file:
            told = json.load(file)
        other = ["{}: {}, here {}".format(name, told[name], own[name]) for name in own if told[name] != own[name]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CaseFailed("calibration cache refused: {} cannot be read: {!r}".format(PROVENANCE, error)) from error
    if other:
        raise CaseFailed("calibration cache refused: it is of another {}".format("; ".join(other)))


class Batches:
    """Batches of one input, copied to the device one after another."""

    def __init__(self, path: str, buffer: Callable[[int], DeviceBuffer] = DeviceBuffer) -> None:
        import numpy as np  # the cell's own NumPy, which only calibration needs by name

        self._array: Any = np.load(path, mmap_mode="r", allow_pickle=False)
        if self._array.ndim < 2 or not len(self._array):
            raise CaseFailed("{}: no calibration batches: shape {}".format(path, self._array.shape))
        self._contiguous = np.ascontiguousarray
        self._buffer = buffer(self._array[0].nbytes)
        self._next = 0

    @property
    def size(self) -> int:
        return int(self._array.shape[1])

    def next(self) -> Optional[int]:
        """Device address of the next batch; ``None`` after the last."""
        if self._next >= len(self._array):
            return None
        self._buffer.upload(self._contiguous(self._array[self._next]))
        self._next += 1
        return self._buffer.address


def make(base: Any, source: Optional[Batches], folder: str, cache: Optional[str]) -> Any:
    """A calibrator of the module's class ``base``; it keeps the calibration cache with the evidence."""

    class Calibrator(base):  # type: ignore[misc]
        def __init__(self) -> None:
            base.__init__(self)

        def get_batch_size(self) -> int:
            return 1 if source is None else source.size

        def get_batch(self, names: List[str], *_: Any) -> Optional[List[int]]:
            address = None if source is None else source.next()
            return None if address is None else [address] * len(names)

        def read_calibration_cache(self) -> Optional[bytes]:
            if cache is None:
                return None
            with open(cache, "rb") as file:
                return file.read()

        def write_calibration_cache(self, data: Any) -> None:
            with open(os.path.join(folder, CACHE), "wb") as file:
                file.write(memoryview(data))

    return Calibrator()
