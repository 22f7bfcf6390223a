"""RetinaFace's parameters from a weights file: all of them fit, or none is taken."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.errors import InputError
from harness.subjects.retinaface.architecture import Backbone, Network, network, parameters
from harness.subjects.weights import Array, open_weights

_NAMED = 20  # of each kind; a file of another backbone would name hundreds


def load_file(net: Network, path: Path) -> dict[str, NDArray[np.float32]]:
    """All parameters, FP32. Raises InputError that names what is missing, extra, or of another shape or type."""
    weights = open_weights(path)
    names = {_plain(name): name for name in weights if not name.endswith("num_batches_tracked")}
    wanted = parameters(net)
    missing, extra = wanted.keys() - names.keys(), names.keys() - wanted.keys()
    arrays = {name: weights[names[name]] for name in wanted if name in names}
    wrong = [words for name, array in arrays.items() if (words := _misfit(name, array, wanted[name], weights.flat))]
    if missing or extra or wrong:
        kinds = {"missing": sorted(missing), "not part of it": sorted(extra), "of another form": wrong}
        found = "; ".join(f"{len(each)} {kind} ({_list(each)})" for kind, each in kinds.items() if each)
        raise InputError(f"{path}: does not fit RetinaFace {net.backbone}: {found}{_hint(net, names)}")
    return {name: np.ascontiguousarray(array.reshape(wanted[name]), np.float32) for name, array in arrays.items()}


def _plain(name: str) -> str:
    """Without what ``DataParallel`` puts in front."""
    return name.removeprefix("module.")


def _misfit(name: str, array: Array, shape: tuple[int, ...], flat: bool) -> str:
    if not np.issubdtype(array.dtype, np.floating) and array.dtype.name != "bfloat16":
        return f"{name}: {array.dtype} where floating point is expected"
    fits = array.size == int(np.prod(shape)) if flat else array.shape == shape
    return "" if fits else f"{name}: {array.shape} where {shape} is expected"


def _list(words: Iterable[str]) -> str:
    each = list(words)
    more = f" and {len(each) - _NAMED} more" if len(each) > _NAMED else ""
    return ", ".join(each[:_NAMED]) + more


def _hint(net: Network, names: Iterable[str]) -> str:
    others = [other for other in Backbone if other is not net.backbone]
    fitting = next((other for other in others if set(names) == parameters(network(other)).keys()), None)
    return f"; it fits backbone {fitting}" if fitting else ""
