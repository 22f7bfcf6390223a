"""What a RetinaFace subject takes: the options of ``matrix.yaml``, with a case's variant laid over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar

from harness.errors import InputError
from harness.subjects.retinaface.architecture import Backbone, check_size

DEFAULT_WEIGHTS = "seed:1"

_Member = TypeVar("_Member", bound=StrEnum)


class Heads(StrEnum):
    """What the model gives out, N anchors in the order of ``priors``.

    ``raw``: ``loc`` (1, N, 4), ``conf`` (1, N, 2) before softmax, ``landms`` (1, N, 10).
    ``decoded``: ``boxes`` (1, N, 4) as x1, y1, x2, y2 in pixels, ``scores`` (1, N), ``landmarks`` (1, N, 10) in pixels.
    """

    RAW = "raw"
    DECODED = "decoded"


class BatchNorm(StrEnum):
    """``folded`` into the convolutions, as exporters write it, or ``kept`` as nodes of its own."""

    FOLDED = "folded"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Settings:
    """``weights`` is ``seed:N``, ``reference`` or a path. ``naive``: reduced precision runs across the decode part.

    For the network-definition API: ``implicit`` batch, ``v2``, the plugin's older interface where a newer is known,
    and ``apart``, an identity layer between each head and the plugin. ``fp32edge`` holds a builder that chooses types
    to FP32 at the plugin's inputs; with Q/DQ the heads' convolutions are not quantised.
    """

    backbone: Backbone
    height: int
    width: int
    weights: str = DEFAULT_WEIGHTS
    heads: Heads = Heads.DECODED
    batch_norm: BatchNorm = BatchNorm.FOLDED
    naive: bool = False
    implicit: bool = False
    v2: bool = False
    fp32edge: bool = False
    apart: bool = False


_SWITCHES = ("naive", "implicit", "v2", "fp32edge", "apart")


def settings(options: Mapping[str, object], variant: str = "") -> Settings:
    """Read ``options``; ``variant`` is words joined by hyphens: ``raw``, ``kept``, ``naive``, ...

    Raises InputError where a value is none that there is.
    """
    height, width = _size(options.get("size", 640))
    base = Settings(
        backbone=_member(Backbone, options.get("backbone", Backbone.MOBILENET), "backbone"),
        height=height,
        width=width,
        weights=str(options.get("weights", DEFAULT_WEIGHTS)),
        heads=_member(Heads, options.get("heads", Heads.DECODED), "heads"),
        batch_norm=_member(BatchNorm, options.get("batch_norm", BatchNorm.FOLDED), "batch_norm"),
    )
    for word in filter(None, variant.split("-")):
        base = _with(base, word)
    return base


def _with(base: Settings, word: str) -> Settings:
    if word in list(Heads):
        return replace(base, heads=Heads(word))
    if word in list(BatchNorm):
        return replace(base, batch_norm=BatchNorm(word))
    if word in _SWITCHES:
        switch: dict[str, Any] = {word: True}
        return replace(base, **switch)
    raise InputError(f"variant {word!r} is not known: give {', '.join([*Heads, *BatchNorm, *_SWITCHES])}")


def _size(value: object) -> tuple[int, int]:
    """A number of pixels, ``HEIGHTxWIDTH`` or a list of the two."""
    words = value if isinstance(value, list | tuple) else str(value).split("x")
    try:
        numbers = [int(str(word)) for word in words]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2):
        raise InputError(f"size {value!r} is not a number of pixels or HEIGHTxWIDTH")
    check_size(numbers[0], numbers[-1])
    return numbers[0], numbers[-1]


def _member(kind: type[_Member], value: object, name: str) -> _Member:
    try:
        return kind(str(value))
    except ValueError:
        raise InputError(f"{name} {value!r} is not one of {', '.join(kind)}") from None
