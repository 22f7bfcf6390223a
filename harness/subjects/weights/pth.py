"""``.pth`` and ``.pt`` of PyTorch, both layouts: the zip of 1.6 and later, and the older stream of pickles."""

from __future__ import annotations

import functools
import io
import math
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from harness.errors import InputError
from harness.subjects.weights import pickled
from harness.subjects.weights.lazy import Array, LazyWeights
from harness.subjects.weights.zips import DAMAGE

# Where training scripts put the state dict when they save more than it.
_WRAPPERS = ("state_dict", "model_state_dict", "model", "weights")

_Fetch = Callable[[pickled.Storage], bytes]


def open_file(path: Path) -> LazyWeights:
    try:
        tensors, fetch = _zipped(path) if zipfile.is_zipfile(path) else _stream(path)
        for name, tensor in tensors.items():
            _check_bounds(name, tensor)
    except DAMAGE as error:
        raise InputError(f"{path}: cannot be read as a PyTorch file: {error}") from error
    return LazyWeights(
        path, {name: functools.partial(_read, path, name, tensor, fetch) for name, tensor in tensors.items()}
    )


def _zipped(path: Path) -> tuple[dict[str, pickled.Tensor], _Fetch]:
    archive = zipfile.ZipFile(path)  # stays open for the tensors
    main = [name for name in archive.namelist() if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(main) != 1:
        raise ValueError("it has no data.pkl")
    if any(each.compress_type != zipfile.ZIP_STORED for each in archive.infolist()):
        raise ValueError("it is compressed, which PyTorch never does")
    root = main[0].removesuffix("data.pkl")
    if f"{root}byteorder" in archive.namelist() and archive.read(f"{root}byteorder") != b"little":
        raise ValueError("its numbers are big-endian: save it on a little-endian machine")
    tensors = _tensors(pickled.load(io.BytesIO(archive.read(main[0]))))
    sizes = {each.filename: each.file_size for each in archive.infolist()}
    for tensor in tensors.values():
        wanted = tensor.storage.elements * tensor.storage.kind.itemsize
        if sizes.get(f"{root}data/{tensor.storage.key}", -1) < wanted:
            raise ValueError(f"storage {tensor.storage.key!r} is missing or cut short")
    return tensors, lambda storage: archive.read(f"{root}data/{storage.key}")  # checks its CRC


def _stream(path: Path) -> tuple[dict[str, pickled.Tensor], _Fetch]:
    """Magic number, protocol, machine, the object, the storages' keys; then each storage behind its length."""
    with path.open("rb") as file:
        for _ in range(3):
            pickled.load(file)
        tensors = _tensors(pickled.load(file))
        keys = pickled.load(file)
        if not isinstance(keys, list):
            raise ValueError("it has no list of storages")  # noqa: TRY004
        kinds = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
        size = path.stat().st_size
        places: dict[str, int] = {}
        for key in keys:
            elements = int.from_bytes(file.read(8), "little")
            if key not in kinds or elements != kinds[key].elements:
                raise ValueError(f"storage {key!r} does not fit the tensors")
            places[key] = file.tell()
            if file.seek(elements * kinds[key].kind.itemsize, 1) > size:
                raise ValueError(f"storage {key!r} is cut short")
    if missing := kinds.keys() - places.keys():
        raise ValueError(f"storage {min(missing)!r} is missing")
    return tensors, functools.partial(_from_stream, path, places)


def _from_stream(path: Path, places: Mapping[str, int], storage: pickled.Storage) -> bytes:
    with path.open("rb") as file:
        file.seek(places[storage.key])
        return file.read(storage.elements * storage.kind.itemsize)


def _tensors(top: object) -> dict[str, pickled.Tensor]:
    """The state dict: the object itself, or what a training script wrapped it in."""
    if not isinstance(top, dict):
        raise ValueError("it holds no state dict")  # noqa: TRY004
    wrapped = next((top[name] for name in _WRAPPERS if isinstance(top.get(name), dict)), top)
    tensors = {
        name: each for name, each in wrapped.items() if isinstance(each, pickled.Tensor) and isinstance(name, str)
    }
    if not tensors:
        raise ValueError("it holds no state dict")
    return tensors


def _check_bounds(name: str, tensor: pickled.Tensor) -> None:
    """No element lies outside of the storage."""
    if math.prod(tensor.shape) == 0:
        return
    last = tensor.offset + sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.strides, strict=True))
    if last >= tensor.storage.elements or math.prod(tensor.shape) > tensor.storage.elements:
        raise ValueError(f"tensor {name!r} reaches outside of its storage")


def _read(path: Path, name: str, tensor: pickled.Tensor, fetch: _Fetch) -> Array:
    kind = tensor.storage.kind
    try:
        data = np.frombuffer(fetch(tensor.storage), kind)
    except DAMAGE as error:
        raise InputError(f"{path}: tensor {name!r} is damaged: {error}") from error
    if data.size < tensor.storage.elements:
        raise InputError(f"{path}: tensor {name!r} is cut short")
    strides = [stride * kind.itemsize for stride in tensor.strides]
    return np.lib.stride_tricks.as_strided(data[tensor.offset :], tensor.shape, strides, writeable=False)
