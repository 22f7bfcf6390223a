"""The initialisers of an ONNX model, external data included."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import numpy_helper

from harness.errors import InputError
from harness.subjects.weights.lazy import Array, LazyWeights


def open_file(path: Path) -> LazyWeights:
    model = load_model(path)
    tensors = model.graph.initializer
    if len({each.name for each in tensors}) != len(tensors):
        raise InputError(f"{path}: holds an initialiser twice")
    return LazyWeights(path, {each.name: functools.partial(_read, path, each) for each in tensors})


def load_model(path: Path) -> Any:
    """An ``onnx.ModelProto`` with its external data. Raises InputError where it is damaged."""
    try:
        model = onnx.load(path)
    except DecodeError:
        raise InputError(f"{path}: is no ONNX file, or a damaged one") from None
    except (onnx.checker.ValidationError, ValueError, OSError) as error:
        raise InputError(f"{path}: external data cannot be read: {error}") from error
    if not model.graph.node and not model.graph.initializer:
        raise InputError(f"{path}: is an ONNX file with an empty graph")
    return model


def _read(path: Path, tensor: Any) -> Array:
    try:
        array: Array = numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError) as error:  # KeyError: a data type that ONNX does not have
        raise InputError(f"{path}: initialiser {tensor.name!r} is damaged: {error}") from error
    return array
