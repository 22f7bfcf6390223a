"""Cells for the tests of environments."""

from __future__ import annotations

from harness.matrix.cell import Cell, EnvironmentKind
from harness.versions import Release


def docker_cell(
    release: str = "tensorrt-rtx 1.7.1",
    source: str = "redist:debian-12",
    *,
    cuda: str = "12.9",
    python: str = "3.11",
    image: str | None = None,
) -> Cell:
    return Cell(Release.parse(release), cuda, None, python, EnvironmentKind.DOCKER, source, image=image)
