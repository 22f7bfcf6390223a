"""``.npz`` of NumPy; arrays of objects, which would need unpickling, are refused."""

from __future__ import annotations

import functools
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from harness.errors import InputError
from harness.subjects.weights.lazy import Array, LazyWeights
from harness.subjects.weights.zips import DAMAGE


def open_file(path: Path) -> LazyWeights:
    try:
        archive = zipfile.ZipFile(path)  # stays open for the tensors
    except DAMAGE as error:
        raise InputError(f"{path}: is a damaged .npz: {error}") from error
    names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    if len(set(names)) != len(archive.namelist()):
        raise InputError(f"{path}: holds a tensor twice, or what is no tensor")
    return LazyWeights(path, {name: functools.partial(_read, path, archive, name) for name in names})


def write_file(path: Path, weights: Mapping[str, Array]) -> None:
    # Not numpy.savez: a tensor named like one of its arguments (``file``) would be lost.
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in weights.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)


def _read(path: Path, archive: zipfile.ZipFile, name: str) -> Array:
    try:
        data = io.BytesIO(archive.read(f"{name}.npy"))  # checks its CRC
        array: Array = np.lib.format.read_array(data, allow_pickle=False)
    except DAMAGE as error:
        raise InputError(f"{path}: tensor {name!r} is damaged: {error}") from error
    return array
