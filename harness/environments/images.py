"""Names of images: what a cell is built on, and what is built for it."""

from __future__ import annotations

import re

from harness.errors import EnvironmentUnavailable
from harness.matrix.cell import Cell

NGC_REPOSITORY = "nvcr.io/nvidia/tensorrt"
SOFTWARE = "trt-matrix/software"
CELL = "trt-matrix/cell"

# Bases that bring the asked Python with them, so that building on them needs no network.
_PYTHON_BASES = {
    "debian-11": "python:{python}-slim-bullseye",
    "debian-12": "python:{python}-slim-bookworm",
    "debian-13": "python:{python}-slim-trixie",
}

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]{1,5})?"
_REFERENCE = re.compile(
    rf"(?P<name>(?:{_HOST}/)?{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?",
    re.ASCII,
)


def family(cell: Cell) -> str:
    """``ngc`` or ``redist``: the template that the cell's image is made from. An ``image:`` of the user's own holds
    TensorRT already, as NVIDIA's does."""
    name = cell.source.partition(":")[0]
    if name not in ("ngc", "image", "redist"):
        raise EnvironmentUnavailable(f"{cell.id}: source {cell.source!r} is not ngc:TAG, image or redist:BASE")
    return "redist" if name == "redist" else "ngc"


def base(cell: Cell) -> str:
    """The image that the cell's own is built on: ``image`` of matrix.yaml, else by the source."""
    name, _, value = cell.source.partition(":")
    if cell.image:
        return checked(cell.image)
    if name == "ngc":
        return checked(f"{NGC_REPOSITORY}:{value}")
    if value not in _PYTHON_BASES:
        known = ", ".join(_PYTHON_BASES)
        raise EnvironmentUnavailable(f"{cell.id}: no base is known for {value!r}: use one of {known}, or `image:`")
    return checked(_PYTHON_BASES[value].format(python=cell.python))


def checked(reference: str) -> str:
    """The reference itself where it has the grammar of one; nothing else ever reaches a Dockerfile or a daemon."""
    if len(reference) > 255 or not _REFERENCE.fullmatch(reference):
        raise EnvironmentUnavailable(f"{reference!r} is not an image reference such as {NGC_REPOSITORY}:24.01-py3")
    return reference


def with_digest(reference: str, digest: str) -> str:
    """``name:tag@sha256:...``: the tag stays readable, the digest decides."""
    return checked(f"{reference.partition('@')[0]}@{digest}")


def without_digest(reference: str) -> str:
    return reference.partition("@")[0]


def exact(reference: str) -> str:
    """How the daemon is asked for an image: by its digest alone where that is known."""
    _, at, digest = reference.partition("@")
    return f"{repository(reference)}@{digest}" if at else reference


def repository(reference: str) -> str:
    """``nvcr.io/nvidia/tensorrt`` of ``nvcr.io/nvidia/tensorrt:24.01-py3@sha256:...``."""
    found = _REFERENCE.fullmatch(reference)
    return found["name"] if found else reference
