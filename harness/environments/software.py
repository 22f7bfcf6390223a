"""What the image of a cell holds: decided from the cell alone, before anything is fetched."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from packaging.requirements import Requirement

from harness.environments import context, images, redist, sdist
from harness.environments.redist import Archive
from harness.environments.sdist import Sdist
from harness.errors import EnvironmentUnavailable
from harness.matrix.cell import Cell
from harness.subjects.retinaface import PLUGIN
from harness.support import wheel_sets
from harness.versions import Flavour, Release

LIBRARIES = "/opt/trt-matrix/lib"

_GLIBC = {
    "ubuntu-20.04": "2_31",
    "ubuntu-22.04": "2_35",
    "ubuntu-24.04": "2_39",
    "debian-11": "2_31",
    "debian-12": "2_36",
    "debian-13": "2_40",
}
# To be raised where the same packages are laid out in an image in another way.
_LAYOUT = 3
# The probe's own wheels, unpacked.
_TOOLS_BYTES = 80_000_000
# CMake, setuptools and PyCUDA with what it imports.
_BUILD_BYTES = 130_000_000
# What images hold on disk, roughly: NVIDIA's grew from 6 to 10 GB over the years.
_NGC_BYTES = 9_000_000_000
_PYTHON_BYTES = 150_000_000


@dataclass(frozen=True, slots=True)
class Link:
    """A name in the library folder for a file of the wheels, found by a pattern; with no name, the file's own."""

    pattern: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Software:
    """``libraries`` are paths as the cell sees them, in loading order.

    ``tools`` (what the probe needs), ``requirements`` (TensorRT's) and ``build`` (what compiles in the image) are whole
    requirements files with hashes; ``plugin`` is the digest of the plugin's sources, which the image compiles as it
    does ``pycuda``; sizes are in bytes, ``wheels_bytes`` unpacked.
    """

    family: str
    base: str
    python: str
    tools: str
    requirements: str
    libraries: tuple[str, ...]
    module: str
    archive: Archive | None = None
    links: tuple[Link, ...] = ()
    build: str = ""
    pycuda: Sdist | None = None
    plugin: str = ""
    platform: str = "x86_64-manylinux_2_31"
    wheels_bytes: int = _TOOLS_BYTES
    wheels_download: int = _TOOLS_BYTES // 3

    @property
    def packages(self) -> dict[str, str]:
        """Names and versions of the wheels that the cell's Python gets."""
        whole = self.requirements + self.tools
        lines = (line.rstrip("\\ ") for line in whole.splitlines() if line[:1].isalnum())
        asked = [Requirement(line.partition(" --hash")[0]) for line in lines]
        here = {"python_version": self.python, "python_full_version": f"{self.python}.0", "sys_platform": "linux"}
        chosen = [each for each in asked if each.marker is None or each.marker.evaluate(here)]
        return {each.name: str(each.specifier).removeprefix("==") for each in chosen}

    @property
    def base_bytes(self) -> int:
        """What the base holds on disk; about half of it is downloaded."""
        return _NGC_BYTES if self.family == "ngc" else _PYTHON_BYTES

    @property
    def download_bytes(self) -> int:
        """What the host fetches where nothing is cached; a base that is not there comes on top."""
        return self.wheels_download + (self.archive.size if self.archive else 0)

    @property
    def added_bytes(self) -> int:
        """What the image adds to its base."""
        return self.wheels_bytes + (self.archive.unpacked if self.archive else 0)

    @property
    def staging_bytes(self) -> int:
        """What lies on the host's disk while the image is built."""
        return self.wheels_bytes + (self.archive.size if self.archive else 0)

    @property
    def content(self) -> str:
        """Stands for everything that is copied into the image."""
        archive = self.archive.sha256 if self.archive else ""
        links = [[link.pattern, link.name] for link in self.links]
        compiled = [self.build, self.pycuda.sha256 if self.pycuda else "", self.plugin]
        whole = json.dumps([_LAYOUT, self.tools, self.requirements, self.platform, archive, links, *compiled])
        return hashlib.sha256(whole.encode()).hexdigest()


def of(cell: Cell) -> Software:
    """Raises ``EnvironmentUnavailable`` where no package is known for the cell's release."""
    family = images.family(cell)
    base = images.exact(images.base(cell))
    if family == "ngc":
        return _ngc(cell, base)
    if cell.release.flavour is Flavour.TENSORRT_RTX:
        return _rtx(cell, base)
    return _classic(cell, base)


def without_pycuda(wanted: Software) -> Software:
    """The same without PyCUDA and what it imports: an image of its own."""
    return replace(wanted, pycuda=None, requirements="")


def _ngc(cell: Cell, base: str) -> Software:
    sources = sdist.pycuda(cell.python)
    return Software(
        family="ngc",
        base=base,
        python=cell.python,
        tools=lock("probe_numpy1"),
        requirements=lock("pycuda") if sources else "",
        libraries=_ngc_libraries(cell.release),
        module="tensorrt",
        build=lock("image_build"),
        pycuda=sources,
        plugin=_plugin_digest(),
        platform=_platform(f"ubuntu-{cell.ubuntu}"),
        wheels_bytes=_TOOLS_BYTES + _BUILD_BYTES,
        wheels_download=(_TOOLS_BYTES + _BUILD_BYTES) // 3,
    )


@cache
def _plugin_digest() -> str:
    return context.digest(context.folder("plugin", PLUGIN))


def _rtx(cell: Cell, base: str) -> Software:
    known = wheel_sets.find(cell.release, cell.cuda)
    if known is None:
        have = sorted({f"{each.version} for CUDA {each.cuda}" for each in wheel_sets.wheel_sets()})
        raise EnvironmentUnavailable(f"{cell.release}, CUDA {cell.cuda}: wheels are known of {', '.join(have)}")
    names = ("libtensorrt_rtx.so.1", "libtensorrt_onnxparser_rtx.so.1")
    return Software(
        family="redist",
        base=base,
        python=cell.python,
        tools=wheel_sets.probe_lock(),
        requirements="".join(f"{each}\n" for each in known.requirements),
        libraries=tuple(f"{LIBRARIES}/{name}" for name in names),
        module=known.module,
        platform=_platform(cell.source.removeprefix("redist:")),
        links=tuple(Link(f"{known.folder}/{name}*", name) for name in names),
        wheels_bytes=known.installed_bytes + _TOOLS_BYTES,
        wheels_download=known.download_bytes,
    )


def _classic(cell: Cell, base: str) -> Software:
    archive = redist.archive_for(cell.release)
    if archive is None:
        raise EnvironmentUnavailable(f"{cell.release}: redistributables are known of {redist.KNOWN}")
    return Software(
        family="redist",
        base=base,
        python=cell.python,
        tools=lock("probe_numpy1"),
        requirements=lock(f"redist_{archive.release}"),
        libraries=tuple(f"{LIBRARIES}/{name}" for name in archive.libraries),
        module="tensorrt_bindings",
        platform=_platform(cell.source.removeprefix("redist:")),
        archive=archive,
        links=tuple(Link(pattern) for pattern in archive.links),
        wheels_bytes=archive.wheels_bytes + _TOOLS_BYTES,
        wheels_download=archive.wheels_bytes // 2,
    )


def _platform(system: str) -> str:
    """What wheels may ask of the C library; an old one where the system is not known."""
    return f"x86_64-manylinux_{_GLIBC.get(system, '2_31')}"


def lock(name: str) -> str:
    """A requirements file with hashes, kept with the facts: ``redist_8.6.1``."""
    return resources.files("harness.support").joinpath(f"{name}.lock").read_text(encoding="ascii")


def _ngc_libraries(release: Release) -> tuple[str, ...]:
    """The SONAMEs: the image's own loader knows where they lie."""
    major = release.version.major
    parsers = ("libnvparsers",) if major < 10 else ()
    return tuple(f"{name}.so.{major}" for name in ("libnvinfer", "libnvinfer_plugin", *parsers, "libnvonnxparser"))
