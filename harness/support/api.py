"""The life cycle of TensorRT's API: which release has what, and the words for what one has not."""

from __future__ import annotations

from functools import cache

import msgspec

from harness.support.facts import DATA
from harness.versions import Flavour, Release, Version


class Feature(msgspec.Struct, frozen=True):
    """A name of the Python API. Versions are TensorRT's; an empty ``first_in``: TensorRT has never had it."""

    name: str
    api: str
    first_in: str
    deprecated_in: str
    gone_from: str
    rtx: bool
    note: str
    sources: list[str]


class _Features(msgspec.Struct):
    about: str
    features: list[Feature]


@cache
def features() -> dict[str, Feature]:
    """Every feature by its name."""
    data = msgspec.json.decode((DATA / "api.json").read_bytes(), type=_Features)
    return {feature.name: feature for feature in data.features}


def absence(release: Release, name: str) -> str:
    """Why a release lacks a feature, in words such as ``X was removed in TensorRT 11``; empty where it has it."""
    feature = features()[name]
    if release.flavour is Flavour.TENSORRT_RTX:
        return "" if feature.rtx else f"TensorRT-RTX has no {feature.api}"
    if not feature.first_in:
        return f"TensorRT has no {feature.api}"
    if release.version < Version.parse(feature.first_in):
        return f"{feature.api} came with TensorRT {_short(feature.first_in)}"
    if feature.gone_from and release.version >= Version.parse(feature.gone_from):
        return f"{feature.api} was removed in TensorRT {_short(feature.gone_from)}"
    return ""


def has(release: Release, name: str) -> bool:
    return not absence(release, name)


def _short(version: str) -> str:
    """``11`` for ``11.0``, as people say it."""
    return version.removesuffix(".0")
