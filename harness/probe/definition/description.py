"""The neutral description of a network and its weights, as the host writes them.

``network.json`` names operations in order; ``weights.npz`` holds arrays by the checkpoint's names, and ``NAME/scale``
for each tensor or weight that is quantised.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Dict, FrozenSet, List, Mapping, Optional, Tuple

import numpy as np

from ..job import Case
from ..outcome import CaseFailed

FORMAT = 1
SCALE = "/scale"


@dataclass(frozen=True)
class Head:
    """An output of ``numbers`` per anchor, and the maps (1, anchors x numbers, H, W) that it is gathered from."""

    output: str
    numbers: int
    maps: Tuple[str, ...]


@dataclass(frozen=True)
class Description:
    """``operations`` are JSON objects with ``kind`` and the fields of that kind; ``shape`` is that of the input.

    ``plugin`` is the folder of the Decode plugin's sources, beside the description.
    """

    name: str
    input: str
    shape: Tuple[int, ...]
    epsilon: float
    operations: Tuple[Mapping[str, Any], ...]
    heads: Tuple[Head, ...]
    priors: Mapping[str, Any]
    plugin: str
    arrays: Mapping[str, Any]
    quantised: FrozenSet[str]


def read(case: Case) -> Description:
    """Raises ``CaseFailed`` where a file is missing, damaged or of another format."""
    data = _json(_path(case.network, "network description"))
    arrays = _arrays(_path(case.weights, "weights file"))
    if data.get("format") != FORMAT:
        raise CaseFailed("{}: format {!r}, this probe reads {}".format(case.network, data.get("format"), FORMAT))
    try:
        return _description(data, arrays)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CaseFailed("{}: {}: {}".format(case.network, type(error).__name__, error)) from error


def _path(path: Optional[str], what: str) -> str:
    if path is None:
        raise CaseFailed("the case names no {}".format(what))
    return path


def _json(path: str) -> Dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
    except (OSError, ValueError) as error:
        raise CaseFailed("{}: not a network description: {}".format(path, error)) from error
    if not isinstance(data, dict):
        raise CaseFailed("{}: not a network description: it holds a {}".format(path, type(data).__name__))
    return data


def _arrays(path: str) -> Dict[str, Any]:
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except Exception as error:  # zipfile, zlib and NumPy each have their own ways to say that a file is damaged
        raise CaseFailed("{}: not a weights file: {}".format(path, error)) from error


def _description(data: Mapping[str, Any], arrays: Mapping[str, Any]) -> Description:
    return Description(
        name=data["name"],
        input=data["input"]["name"],
        shape=tuple(int(size) for size in data["input"]["shape"]),
        epsilon=float(data["epsilon"]),
        operations=tuple(data["operations"]),
        heads=_heads(data),
        priors=data["priors"],
        plugin=data["plugin"],
        arrays=arrays,
        quantised=frozenset(name[: -len(SCALE)] for name in arrays if name.endswith(SCALE)),
    )


def _heads(data: Mapping[str, Any]) -> Tuple[Head, ...]:
    heads: List[Head] = []
    for name, maps in data["heads"].items():
        told = data["outputs"][name]
        heads.append(Head(told["name"], int(told["numbers"]), tuple(maps)))
    return tuple(heads)
