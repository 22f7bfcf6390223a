"""The releases of a lane, in order: the points of a search for the first bad release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from harness.analysis.pairs import lane
from harness.errors import UsageError
from harness.matrix.cell import Cell
from harness.matrix.plan import PlannedCell


@dataclass(frozen=True, slots=True)
class Lane:
    """Cells of one lane that have the case, from the oldest release to the newest; ``runnable``: their ids."""

    name: str
    case: str
    cells: tuple[Cell, ...]
    runnable: frozenset[str]


def lane_of(cells: Sequence[PlannedCell], case: str, wanted: str = "") -> Lane:
    """The lane to search: the one that ``wanted`` (a lane, or a pattern of cells) names, else the widest that can run.

    ``case`` may be a pattern, but must mean one case.
    """
    by_lane: dict[str, dict[str, PlannedCell]] = {}
    names = sorted({each.case.id for cell in cells for each in cell.cases if fnmatchcase(each.case.id, case)})
    if len(names) != 1:
        words = f"means {len(names)} cases ({', '.join(names[:3])}, ...)" if names else "is no case of the matrix"
        raise UsageError(f"case {case!r} {words}; `trt-matrix plan --cases` lists them")
    for cell in cells:
        name = lane(cell.cell.id)
        if any(each.case.id == names[0] for each in cell.cases) and _wanted(cell.cell.id, name, wanted):
            by_lane.setdefault(name, {})[cell.cell.id] = cell
    if not by_lane:
        raise UsageError(f"no cell {wanted!r} of the matrix has the case {names[0]}")
    best = max(by_lane, key=lambda name: (_runnable(by_lane[name], names[0]), name))
    ordered = sorted(by_lane[best].values(), key=lambda cell: (cell.cell.release.version, cell.cell.id))
    return Lane(best, names[0], tuple(each.cell for each in ordered), frozenset(_runs(by_lane[best], names[0])))


def _wanted(cell: str, name: str, wanted: str) -> bool:
    return not wanted or name == wanted or fnmatchcase(cell, wanted)


def _runnable(cells: Mapping[str, PlannedCell], case: str) -> int:
    return len(_runs(cells, case))


def _runs(cells: Mapping[str, PlannedCell], case: str) -> list[str]:
    return [
        name
        for name, cell in cells.items()
        if cell.verdict.runs and any(each.case.id == case and each.verdict.runs for each in cell.cases)
    ]
