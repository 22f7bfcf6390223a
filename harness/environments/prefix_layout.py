"""What lies in a directory that holds TensorRT: its libraries, and its Python bindings."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.matrix.cell import Cell
from harness.versions import Release

# NVIDIA's tarball has lib; what comes from a Debian package has lib/x86_64-linux-gnu.
_LIBRARY_FOLDERS = ("lib", "lib64", "targets/x86_64-linux-gnu/lib", "lib/x86_64-linux-gnu", ".")


@dataclass(frozen=True, slots=True)
class Layout:
    """``site`` is a folder of installed bindings (made by ``trt-matrix fetch``), ``wheel`` NVIDIA's own file."""

    root: Path
    libraries: Path
    site: Path | None
    wheel: Path | None

    def library(self, name: str) -> Path | None:
        path = self.libraries / name
        return path if path.is_file() else None


def root(cell: Cell) -> Path:
    return Path(cell.source.partition(":")[2])


def site_folder(place: Path, python: str) -> Path:
    """Where ``fetch`` puts the bindings for one version of Python."""
    return place / f"python{python}"


def find(place: Path, release: Release, python: str) -> Layout | str:
    """What is there for a release and a Python such as ``3.11``; else in words what is missing."""
    if not place.is_dir():
        return f"{place}: no such directory; `trt-matrix fetch {release} --to {place}` makes it"
    folders = [place / name for name in _LIBRARY_FOLDERS]
    core = core_name(release)
    libraries = next((folder for folder in folders if (folder / core).is_file()), None)
    if libraries is None:
        return f"{place}: holds no {core}"
    site = site_folder(place, python)
    wheel = next(iter(sorted((place / "python").glob(f"tensorrt-*-cp{python.replace('.', '')}-*.whl"))), None)
    if not site.is_dir() and wheel is None:
        return f"{place}: no bindings for Python {python}; `trt-matrix fetch {release} --to {place} --python {python}`"
    return Layout(place, libraries, site if site.is_dir() else None, wheel)


def core_name(release: Release) -> str:
    return f"libnvinfer.so.{release.version.major}"


def parser_names(release: Release) -> tuple[str, ...]:
    """In loading order; the bindings of TensorRT 8 are linked against the older parsers too."""
    major = release.version.major
    return (*((f"libnvparsers.so.{major}",) if major < 10 else ()), f"libnvonnxparser.so.{major}")


def states(layout: Layout) -> list[tuple[str, int, int]]:
    """Name, size and time of each library: tells a prefix whose files were changed."""
    files = sorted(path for path in layout.libraries.glob("lib*.so*") if path.is_file())
    return [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]


def packages(folders: Iterable[Path]) -> dict[str, str]:
    """Names and versions of the packages installed in these folders."""
    found = importlib.metadata.distributions(path=[str(folder) for folder in folders])
    return dict(sorted((each.metadata["Name"], each.version) for each in found))
