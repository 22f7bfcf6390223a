"""Weights files: which tensors a file holds, read when asked for. No format here runs code from the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from harness.errors import InputError
from harness.subjects.weights.lazy import Array, LazyWeights

__all__ = ["FORMATS", "Array", "LazyWeights", "open_weights", "write_weights"]


class _Format(Protocol):
    def open_file(self, path: Path) -> LazyWeights: ...


class _Writer(Protocol):
    def write_file(self, path: Path, weights: Mapping[str, Array]) -> None: ...


# By the ending of the file's name; what a file really is, its first bytes say.
FORMATS = {
    ".npz": "npz",
    ".onnx": "onnx_file",
    ".pt": "pth",
    ".pth": "pth",
    ".safetensors": "safetensors",
    ".wts": "wts",
}


def open_weights(path: Path) -> LazyWeights:
    """The tensors of a weights file by name.

    A tensor is read when it is asked for, so only one at a time needs to be in memory; the file must stay in place
    until then. Raises InputError, here or on reading, where the file is damaged or of no known format.
    """
    try:
        return cast("_Format", _module(_format_of(path))).open_file(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error


def write_weights(path: Path, weights: Mapping[str, Array]) -> None:
    """Write ``.wts``, ``.npz`` or ``.safetensors``, as the name ends."""
    module = _module(FORMATS[path.suffix]) if path.suffix in FORMATS else None
    if module is None or not hasattr(module, "write_file"):
        raise InputError(f"{path}: cannot write {path.suffix or 'this'}: give .wts, .npz or .safetensors")
    cast("_Writer", module).write_file(path, weights)


def _format_of(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(64)
    if path.suffix == ".onnx":
        return "onnx_file"
    sniffed = next((name for name, fits in _SIGNS.items() if fits(start)), None)
    if sniffed == "zip":
        return "npz" if path.suffix == ".npz" else "pth"
    if sniffed is None:
        if path.suffix in FORMATS:
            what = f"does not begin as a {path.suffix} file" if start else "is empty"
            raise InputError(f"{path}: is no weights file: it {what}; give a whole one")
        raise InputError(f"{path}: is no weights file that trt-matrix reads: give {', '.join(sorted(FORMATS))}")
    return sniffed


_SIGNS: dict[str, Callable[[bytes], bool]] = {
    "zip": lambda start: start.startswith(b"PK\x03\x04"),
    "pth": lambda start: start.startswith(b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"),
    "safetensors": lambda start: start[8:9] == b"{",
    "wts": lambda start: start.split(b"\n")[0].strip().isdigit(),
}


def _module(name: str) -> object:
    return import_module(f"harness.subjects.weights.{name}")
