"""A matrix as the rest of the program sees it: resolved cells, subjects, waivers."""

from __future__ import annotations

from dataclasses import dataclass

from harness.matrix.cell import Cell, Subject
from harness.matrix.waivers import Waiver


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """A cell, what its engines are built for (``device``, ``sm86``), and its place in the file."""

    cell: Cell
    targets: tuple[str, ...]
    line: int | None = None
    steps: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Matrix:
    """``sha256`` is of the file as read."""

    file: str
    sha256: str
    cells: tuple[MatrixCell, ...]
    subjects: tuple[Subject, ...]
    waivers: tuple[Waiver, ...] = ()
    notes: tuple[str, ...] = ()
