"""What is known of releases, images and drivers, each with its source and how sure it is.

The facts are JSON beside this module, since that loads in a few milliseconds. ``sourced`` is a statement about
this very thing, ``inferred`` is derived from a sibling, ``hint`` is weak: good for a suggestion, not for a refusal.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path

import msgspec

from harness.versions import Flavour, Release, Version

DATA = Path(__file__).parent / "data"


class ReleaseFacts(msgspec.Struct, frozen=True, dict=True):
    """One release. ``python`` is lowest and highest, or empty where it is not known.

    ``sm`` holds the lowest and the highest compute capability of TensorRT, and each one of TensorRT-RTX.
    """

    flavour: Flavour
    version: str
    build: str
    date: str
    cuda: list[str]
    ubuntu: list[str]
    python: list[str]
    sm: list[str]
    confidence: dict[str, str]
    sources: dict[str, str | list[str]]

    @cached_property
    def release(self) -> Release:
        return Release(self.flavour, Version.parse(self.version))

    def supports_sm(self, capability: str) -> bool:
        """``capability`` is written ``8.6``."""
        if self.flavour is Flavour.TENSORRT_RTX:
            return capability in self.sm
        lowest, highest = map(Version.parse, self.sm)
        return lowest <= Version.parse(capability) <= highest


class ImageFacts(msgspec.Struct, frozen=True):
    """What ``nvcr.io/nvidia/tensorrt:TAG`` carries; an empty text is not known.

    ``driver`` is the lowest for GeForce and workstation boards; data-center boards may use one of the branches in
    ``driver_datacenter``. ``sources`` holds places in the file's list of sources.
    """

    tag: str
    tensorrt: str
    cuda: str
    ubuntu: str
    python: str
    driver: str
    driver_built_for: str
    driver_datacenter: list[str]
    confidence: dict[str, str]
    sources: dict[str, list[int]]


class _Releases(msgspec.Struct):
    about: str
    releases: list[ReleaseFacts]


class _Images(msgspec.Struct):
    about: str
    source_list: list[str]
    images: list[ImageFacts]


class _Driver(msgspec.Struct):
    cuda_major: int
    driver: str
    confidence: str
    source: str


class _Drivers(msgspec.Struct):
    about: str
    drivers: list[_Driver]


@cache
def releases() -> tuple[ReleaseFacts, ...]:
    """Every known release, TensorRT before TensorRT-RTX, oldest first."""
    return tuple(msgspec.json.decode((DATA / "releases.json").read_bytes(), type=_Releases).releases)


@cache
def _images() -> _Images:
    return msgspec.json.decode((DATA / "images.json").read_bytes(), type=_Images)


@cache
def images() -> dict[str, ImageFacts]:
    """Every known image by its tag, oldest first."""
    return {image.tag: image for image in _images().images}


def image(tag: str) -> ImageFacts | None:
    return images().get(tag)


def image_sources(facts: ImageFacts, field: str) -> list[str]:
    """Where a field of an image was read."""
    return [_images().source_list[place] for place in facts.sources.get(field, [])]


@cache
def describe(release: Release) -> ReleaseFacts | None:
    """The facts of a release.

    A shorter version takes the newest release that it covers (8.6 takes 8.6.1); a longer one, the release that
    covers it. ``None`` where there is no such release.
    """
    mine = [facts for facts in releases() if facts.flavour is release.flavour]
    fits = [facts for facts in mine if release.version.fits(facts.release.version)]
    return max(fits, key=lambda facts: facts.release.version, default=None)


def known_versions(flavour: Flavour) -> list[str]:
    return [facts.version for facts in releases() if facts.flavour is flavour]


def image_for(release: Release, cuda: str | None, ubuntu: str | None) -> ImageFacts | None:
    """The newest image that carries this release, and this CUDA and Ubuntu where they are given."""
    fits = [facts for facts in images().values() if carries(facts, release)]
    fits = [facts for facts in fits if _same(cuda, facts.cuda) and _same(ubuntu, facts.ubuntu)]
    return fits[-1] if fits else None


def carries(facts: ImageFacts, release: Release) -> bool:
    """The image is known to carry the release: one version covers the other."""
    if release.flavour is not Flavour.TENSORRT or not facts.tensorrt:
        return False
    return release.version.fits(Version.parse(facts.tensorrt))


def family_driver(cuda: str) -> str:
    """The lowest driver that runs this CUDA's family at all; empty where it is not known."""
    return _drivers().get(Version.parse(cuda).major, "")


@cache
def _drivers() -> dict[int, str]:
    rows = msgspec.json.decode((DATA / "drivers.json").read_bytes(), type=_Drivers).drivers
    return {row.cuda_major: row.driver for row in rows}


def span(versions: Iterable[str]) -> str:
    """``11.0 to 12.1``, or the one version."""
    ordered = sorted(versions, key=Version.parse)
    return ordered[0] if len(ordered) == 1 else f"{ordered[0]} to {ordered[-1]}"


def _same(asked: str | None, carried: str) -> bool:
    return asked is None or asked == carried
