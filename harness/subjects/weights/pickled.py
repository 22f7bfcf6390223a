"""The pickles inside PyTorch's files, read without running anything of theirs.

Only tensors, dictionaries, lists, numbers and text are made. Every name that a pickle may ask for is mapped to a
function of ours here; no module is ever imported for it. The opcodes are read first, and those that a state dict does
not need are refused.
"""

from __future__ import annotations

import pickle
import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import ml_dtypes
import numpy as np

_OPCODES = {
    "APPEND", "APPENDS", "BINFLOAT", "BINGET", "BININT", "BININT1", "BININT2", "BINPERSID", "BINPUT", "BINSTRING",
    "BINUNICODE", "BUILD", "EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE", "FRAME", "GLOBAL", "LONG1", "LONG_BINGET",
    "LONG_BINPUT", "MARK", "MEMOIZE", "NEWFALSE", "NEWTRUE", "NONE", "PROTO", "REDUCE", "SETITEM", "SETITEMS",
    "SHORT_BINSTRING", "SHORT_BINUNICODE", "STACK_GLOBAL", "STOP", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3",
}  # fmt: skip

STORAGE_TYPES: dict[str, np.dtype[np.generic]] = {
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "HalfStorage": np.dtype("<f2"),
    "BFloat16Storage": np.dtype(ml_dtypes.bfloat16),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ShortStorage": np.dtype("<i2"),
    "CharStorage": np.dtype("i1"),
    "ByteStorage": np.dtype("u1"),
    "BoolStorage": np.dtype(np.bool_),
}


@dataclass(frozen=True, slots=True)
class Storage:
    """The data that tensors are views of: ``key`` finds it in the file, ``elements`` is its length."""

    kind: np.dtype[np.generic]
    key: str
    elements: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A view of a storage; ``offset`` and ``strides`` count elements."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def load(file: BinaryIO) -> object:
    """Read one pickle from where ``file`` stands, and leave it behind the pickle's end.

    Raises ValueError, with words for the user, where it holds anything but the data named above.
    """
    start = file.tell()
    _check_opcodes(file)
    end = file.tell()
    file.seek(start)
    try:
        result: object = _Unpickler(file, encoding="utf-8").load()
    except (
        pickle.UnpicklingError, EOFError, TypeError, AttributeError, IndexError, KeyError, OverflowError
    ) as error:  # fmt: skip
        raise ValueError(f"its pickle is damaged: {error}") from error
    file.seek(end)
    return result


def _check_opcodes(file: BinaryIO) -> None:
    """Refuse what a state dict does not need; and memo places out of order, which would only eat memory."""
    for count, (opcode, argument, _) in enumerate(pickletools.genops(file), start=1):
        if opcode.name not in _OPCODES:
            raise ValueError(f"its pickle wants to do more than hold tensors (opcode {opcode.name})")
        if opcode.name in ("BINPUT", "LONG_BINPUT") and isinstance(argument, int) and argument > count:
            raise ValueError("its pickle is damaged: memo out of order")


class _Dictionary(dict[object, object]):
    """Stands for an OrderedDict; PyTorch hangs metadata on it that nobody here needs."""

    __slots__ = ()

    def __setstate__(self, _state: object) -> None:
        pass


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        found = _GLOBALS.get((module, name))
        if found is None and module in ("torch", "torch.storage") and name in STORAGE_TYPES:
            return STORAGE_TYPES[name]
        if found is None:
            raise ValueError(f"it asks for {module}.{name}, which is no tensor: save the state dict alone")
        return found

    def persistent_load(self, pid: object) -> Storage:
        match pid:
            case ("storage", np.dtype() as kind, str() as key, str(), int() as elements, *_) if elements >= 0:
                return Storage(kind, key, elements)
        raise ValueError("its pickle is damaged: not a storage")


def _rebuild_tensor(storage: object, offset: object, shape: object, strides: object, *_rest: object) -> Tensor:
    match storage, offset, shape, strides:
        case Storage(), int(), tuple(), tuple() if len(shape) == len(strides):
            numbers = (offset, *shape, *strides)
            if all(type(number) is int and number >= 0 for number in numbers):
                return Tensor(storage, offset, shape, strides)
    raise ValueError("its pickle is damaged: not a tensor")


def _rebuild_parameter(tensor: object, *_rest: object) -> object:
    return tensor


_GLOBALS: dict[tuple[str, str], Callable[..., object]] = {
    ("collections", "OrderedDict"): _Dictionary,
    ("torch._utils", "_rebuild_tensor"): _rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
}
