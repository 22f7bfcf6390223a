"""The same matrix in containers: what would run in virtual environments of the host runs in images instead."""

from __future__ import annotations

from dataclasses import replace

from harness.matrix.cell import Cell, EnvironmentKind
from harness.matrix.matrix import Matrix

# The base of images made from wheels, and the Python that it brings.
_BASE = "debian-12"
_PYTHON = "3.11"


def in_containers(matrix: Matrix) -> Matrix:
    """Cells of wheels become Docker cells made from redistributable packages; all others stay as they are."""
    return replace(matrix, cells=tuple(replace(entry, cell=_in_container(entry.cell)) for entry in matrix.cells))


def _in_container(cell: Cell) -> Cell:
    if cell.environment is not EnvironmentKind.WHEELS:
        return cell
    return replace(
        cell,
        environment=EnvironmentKind.DOCKER,
        source=f"redist:{_BASE}",
        python=_PYTHON,
        name_suffix="-".join(word for word in (_BASE, cell.name_suffix) if word),
    )
