"""What the API of a release lacks of what routes and recipes need, and the words for it.

Whether a release has a name is taken from the surfaces walked from NVIDIA's packages; ``data/api.json``, kept by
hand, answers for releases that were not walked and says the dates as people know them.
"""

from __future__ import annotations

from functools import cache

import msgspec

from harness.support import surfaces
from harness.support.facts import DATA
from harness.versions import Flavour, Release, Version


class Feature(msgspec.Struct, frozen=True):
    """A name of the Python API. Versions are TensorRT's; an empty ``first_in``: TensorRT has never had it.

    ``declared_in``: the name is there from this version on, but does not work before ``first_in``.
    ``rtx_gone_from`` is the version of TensorRT-RTX that dropped it.
    """

    name: str
    api: str
    first_in: str
    deprecated_in: str
    gone_from: str
    rtx: bool
    note: str
    sources: list[str]
    declared_in: str = ""
    rtx_gone_from: str = ""


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
    told = recorded_absence(feature, release)
    known = surfaces.load()
    surface = known.find(release)
    if surface is None or not known.mask(feature.api):
        return told
    if surface.has(feature.api):
        return told if _is_only_declared(feature, release) else ""
    return told or _computed_absence(feature, release, known)


def recorded_absence(feature: Feature, release: Release) -> str:
    """The same by the facts that are kept by hand alone."""
    if release.flavour is Flavour.TENSORRT_RTX:
        gone = feature.rtx_gone_from and release.version >= Version.parse(feature.rtx_gone_from)
        return "" if feature.rtx and not gone else f"TensorRT-RTX has no {feature.api}"
    if not feature.first_in:
        return f"TensorRT has no {feature.api}"
    if release.version < Version.parse(feature.first_in):
        return f"{feature.api} came with TensorRT {_short(feature.first_in)}"
    if feature.gone_from and release.version >= Version.parse(feature.gone_from):
        return f"{feature.api} was removed in TensorRT {_short(feature.gone_from)}"
    return ""


def _is_only_declared(feature: Feature, release: Release) -> bool:
    declared = bool(feature.declared_in) and release.flavour is Flavour.TENSORRT
    return declared and Version.parse(feature.declared_in) <= release.version < Version.parse(feature.first_in)


def _computed_absence(feature: Feature, release: Release, known: surfaces.Surfaces) -> str:
    """Words for what the facts kept by hand do not know yet."""
    since, gone = known.since(feature.api), known.gone_from(feature.api)
    if release.flavour is Flavour.TENSORRT_RTX:
        return f"TensorRT-RTX has no {feature.api}"
    if since and release.version < since.version:
        return f"{feature.api} came with TensorRT {since.version}"
    return f"{feature.api} was removed in TensorRT {gone.version}" if gone else f"TensorRT has no {feature.api}"


def has(release: Release, name: str) -> bool:
    return not absence(release, name)


def _short(version: str) -> str:
    """``11`` for ``11.0``, as people say it."""
    return version.removesuffix(".0")
