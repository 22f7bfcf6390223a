"""What the image of a cell holds: decided from the cell alone, before anything is fetched."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from packaging.requirements import Requirement

from harness.environments import images, redist
from harness.environments.redist import Archive
from harness.errors import EnvironmentUnavailable
from harness.matrix.cell import Cell
from harness.versions import Flavour, Release

LIBRARIES = "/opt/trt-matrix/lib"

# NVIDIA's wheels of a TensorRT-RTX release: ONNX Runtime's execution provider carries the libraries.
_RTX_WHEELS = {"1.5.0": ("0.3.0", "1.5.0.114"), "1.6.1": ("0.4.0", "1.6.1.120"), "1.7.1": ("0.5.0", "1.7.1.116")}
_BINDINGS = {
    "8.6.1": ("tensorrt-bindings==8.6.1", "nvidia-cublas-cu12==12.0.2.224", "nvidia-cudnn-cu12==8.9.7.29"),
    "10.15.1": ("tensorrt-cu12-bindings==10.15.1.29",),
}
# What the probe needs in a cell, exact and closed, so that nothing is resolved: on every Python from 3.8 on.
_PROBE = (
    "pytest==8.3.5",
    "iniconfig==2.0.0",
    "packaging==24.2",
    "pluggy==1.5.0",
    "exceptiongroup==1.2.2; python_version < '3.11'",
    "tomli==2.2.1; python_version < '3.11'",
    "numpy==1.24.4; python_version < '3.9'",
    "numpy==1.26.4; python_version >= '3.9' and python_version < '3.13'",
    "numpy==2.2.6; python_version >= '3.13'",
)


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
    """``libraries`` are paths as the cell sees them, in loading order; ``plugin`` is the digest of its sources."""

    family: str
    base: str
    python: str
    requirements: tuple[str, ...]
    libraries: tuple[str, ...]
    module: str
    archive: Archive | None = None
    links: tuple[Link, ...] = ()
    plugin: str = ""
    wheels_bytes: int = 120_000_000

    @property
    def packages(self) -> dict[str, str]:
        """Names and versions of the wheels asked for."""
        return {name: version for name, _, version in (text.partition("==") for text in self.requirements)}

    @property
    def base_bytes(self) -> int:
        """What the base holds on disk; about half of it is downloaded."""
        return _NGC_BYTES if self.family == "ngc" else _PYTHON_BYTES

    @property
    def download_bytes(self) -> int:
        """What the host fetches where nothing is cached; a base that is not there comes on top."""
        return self.wheels_bytes // 2 + (self.archive.size if self.archive else 0)

    @property
    def staging_bytes(self) -> int:
        """What lies on the host's disk while the image is built."""
        return self.wheels_bytes + (self.archive.size + self.archive.unpacked if self.archive else 0)

    @property
    def image_bytes(self) -> int:
        """What the image adds to its base on the daemon's disk, with room for the context while it is built."""
        return 2 * (self.wheels_bytes + (self.archive.unpacked if self.archive else 0))

    @property
    def content(self) -> str:
        """Stands for everything that is copied into the image."""
        archive = self.archive.sha256 if self.archive else ""
        links = [[link.pattern, link.name] for link in self.links]
        whole = json.dumps([self.requirements, archive, links, self.plugin])
        return hashlib.sha256(whole.encode()).hexdigest()


def of(cell: Cell) -> Software:
    """Raises ``EnvironmentUnavailable`` where no package is known for the cell's release."""
    family = images.family(cell)
    base = images.base(cell)
    if family == "ngc":
        return Software(family, base, cell.python, _probe(cell.python), _ngc_libraries(cell.release), "tensorrt")
    if cell.release.flavour is Flavour.TENSORRT_RTX:
        return _rtx(cell, base)
    return _classic(cell, base)


def _probe(python: str) -> tuple[str, ...]:
    """Those of ``_PROBE`` that a version of Python takes, without their markers."""
    asked = [Requirement(text) for text in _PROBE]
    here = {"python_version": python}
    return tuple(f"{each.name}{each.specifier}" for each in asked if not each.marker or each.marker.evaluate(here))


def _rtx(cell: Cell, base: str) -> Software:
    provider, bindings = _RTX_WHEELS.get(str(cell.release.version), ("", ""))
    if not provider:
        raise EnvironmentUnavailable(f"{cell.release}: wheels are known for {', '.join(_RTX_WHEELS)}")
    cuda = f"cu{cell.cuda.partition('.')[0]}"
    wheels = (f"onnxruntime-ep-nv-tensorrt-rtx-{cuda}=={provider}", f"tensorrt-rtx-{cuda}-bindings=={bindings}")
    names = ("libtensorrt_rtx.so.1", "libtensorrt_onnxparser_rtx.so.1")
    return Software(
        family="redist",
        base=base,
        python=cell.python,
        requirements=(*wheels, *_probe(cell.python)),
        libraries=tuple(f"{LIBRARIES}/{name}" for name in names),
        module="tensorrt_rtx_bindings",
        wheels_bytes=450_000_000,
        links=tuple(Link(f"onnxruntime_ep_nv_tensorrt_rtx/{name}*", name) for name in names),
    )


def _classic(cell: Cell, base: str) -> Software:
    archive = redist.archive_for(cell.release)
    if archive is None:
        raise EnvironmentUnavailable(f"{cell.release}: redistributables are known for {', '.join(redist.ARCHIVES)}")
    exact = next(text for text, found in redist.ARCHIVES.items() if found is archive)
    return Software(
        family="redist",
        base=base,
        python=cell.python,
        requirements=(*_BINDINGS[exact], *_probe(cell.python)),
        libraries=tuple(f"{LIBRARIES}/{name}" for name in archive.libraries),
        module="tensorrt_bindings",
        archive=archive,
        links=(Link("nvidia/*/lib/*.so*"),) if exact == "8.6.1" else (),
        wheels_bytes=1_900_000_000 if exact == "8.6.1" else 130_000_000,
    )


def _ngc_libraries(release: Release) -> tuple[str, ...]:
    """The SONAMEs: the image's own loader knows where they lie."""
    major = release.version.major
    parsers = ("libnvparsers",) if major < 10 else ()
    return tuple(f"{name}.so.{major}" for name in ("libnvinfer", "libnvinfer_plugin", *parsers, "libnvonnxparser"))
