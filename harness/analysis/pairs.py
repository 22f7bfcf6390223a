"""Which cell of one side stands for which of the other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.evidence.records import CaseRecord, CellRecord

_VERSION_AND_CUDA = re.compile(r"(trt(?:rtx)?)[\d.]+-cuda(\d+)[\d.]*-(.+)", re.ASCII)


def lane(cell_id: str) -> str:
    """A cell's id without its release and CUDA's minor version: what stays when the release moves.

    ``trtrtx1.7.1-cuda12.9-wheels`` is in the lane ``trtrtx-cuda12-wheels``.
    """
    found = _VERSION_AND_CUDA.fullmatch(cell_id)
    return f"{found[1]}-cuda{found[2]}-{found[3]}" if found else cell_id


@dataclass(frozen=True, slots=True)
class Pair:
    """``None``: the cell is on one side only."""

    before: CellRecord | None
    after: CellRecord | None

    @property
    def moved(self) -> bool:
        """The same lane, but another release (or CUDA) than before."""
        return self.before is not None and self.after is not None and self.before.id != self.after.id


@dataclass(frozen=True, slots=True)
class CasePair:
    """One case in both sides' cells; ``None``: it is on one side only."""

    cells: Pair
    name: str
    old: CaseRecord | None
    new: CaseRecord | None


def pairs(before: Sequence[CellRecord], after: Sequence[CellRecord]) -> list[Pair]:
    """By id; of the rest, a lane's only cell before with its only cell after."""
    later = {cell.id: cell for cell in after}
    same = {cell.id for cell in before} & later.keys()
    gone = [cell for cell in before if cell.id not in same]
    come = [cell for cell in after if cell.id not in same]
    moved = {cell.id: _only(cell, gone, come) for cell in gone}
    taken = {cell.id for cell in moved.values() if cell}
    made = [Pair(cell, later[cell.id] if cell.id in same else moved[cell.id]) for cell in before]
    return made + [Pair(None, cell) for cell in come if cell.id not in taken]


def _only(cell: CellRecord, gone: Sequence[CellRecord], come: Sequence[CellRecord]) -> CellRecord | None:
    alone = sum(lane(other.id) == lane(cell.id) for other in gone) == 1
    there = [other for other in come if lane(other.id) == lane(cell.id)]
    return there[0] if alone and len(there) == 1 else None


def release_pairs(before: Sequence[CellRecord], after: Sequence[CellRecord]) -> list[Pair]:
    """For two releases: each cell with the most similar one, by lane, environment and CUDA's major version."""
    made = [Pair(cell, max(after, key=lambda other: _likeness(cell, other), default=None)) for cell in before]
    taken = {pair.after.id for pair in made if pair.after}
    return made + [Pair(None, cell) for cell in after if cell.id not in taken]


def _likeness(one: CellRecord, other: CellRecord) -> tuple[int, int, str]:
    """Best first; of equals the greatest id, so that the choice is always the same."""
    same_lane = lane(one.id) == lane(other.id)
    shared = sum(
        (
            4 * (one.environment == other.environment),
            2 * (one.cuda.partition(".")[0] == other.cuda.partition(".")[0]),
            one.ubuntu == other.ubuntu,
        )
    )
    return same_lane, shared, other.id
