"""Reads a library: which of the texts asked for stand in it. The file is never loaded, only searched."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.errors import InputError
from harness.neutral import one_line
from harness.support.catalogue import Catalogue
from harness.versions import Flavour, Release

_PIECE = 16 * 1024 * 1024
_OVERLAP = 4096
_NAME = re.compile(r"lib(?P<flavour>nvinfer|tensorrt_rtx)\.so\.(?P<version>\d+\.\d+(?:\.\d+)*)$")


def read_library(paths: Sequence[Path], texts: Iterable[str], release: Release | None = None) -> Catalogue:
    """The catalogue of a release from its libraries, the main one first. Raises InputError."""
    wanted = {text: text.encode() for text in texts}
    found: set[str] = set()
    digest, size = hashlib.sha256(), 0
    for number, path in enumerate(paths):
        for piece, fresh in _pieces(path):
            found |= {text for text, raw in wanted.items() if text not in found and raw in piece}
            if number == 0:
                digest.update(piece[fresh:])
                size += len(piece) - fresh
    return Catalogue(
        release=str(release or release_of(paths[0])),
        texts={text: text in found for text in wanted},
        library=paths[0].name,
        sha256=digest.hexdigest(),
        bytes=size,
    )


def release_of(path: Path) -> Release:
    """As the file's name (or that of what it links to) says; raises InputError where it does not."""
    for name in (path.name, path.resolve().name):
        if found := _NAME.search(name):
            flavour = "tensorrt" if found["flavour"] == "nvinfer" else Flavour.TENSORRT_RTX
            return Release.parse(f"{flavour} {found['version']}")
    raise InputError(f"{one_line(str(path))}: its name does not tell the release; give --release")


def _pieces(path: Path) -> Iterable[tuple[bytes, int]]:
    """Pieces that overlap, and where the new bytes of each begin."""
    try:
        with path.open("rb") as file:
            tail = b""
            while piece := file.read(_PIECE):
                yield tail + piece, len(tail)
                tail = (tail + piece)[-_OVERLAP:]
    except OSError as error:
        raise InputError(f"{one_line(str(path))}: {error.strerror}; give a TensorRT library") from error
