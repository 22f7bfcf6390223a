"""One case through the nights, followed across releases: the values that the dashboard and the search look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.analysis.pairs import lane
from harness.evidence.records import CaseRecord, CellRecord, RunInfo


@dataclass(frozen=True, slots=True)
class Night:
    """One column. ``link``: where its run's page is, from the dashboard; empty where the run's folder is gone."""

    key: int
    info: RunInfo
    link: str = ""

    @property
    def date(self) -> str:
        return self.info.started[:10]


@dataclass(frozen=True, slots=True)
class Seen:
    """A case in one night; ``night`` is the place among the nights."""

    night: int
    cell: CellRecord
    case: CaseRecord


@dataclass(frozen=True, slots=True)
class Track:
    """Cells that follow one another in a lane as the release moves, oldest first. ``name`` stays the same."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """A case of a track, by night."""

    track: Track
    case: str
    seen: tuple[Seen, ...]


def tracks(nights_of: Mapping[str, Sequence[int]]) -> list[Track]:
    """Follow cells (id: the nights it was in, rising) through their lanes.

    A cell goes on where another of its lane ended before; cells of one night are side by side. A lane with one
    track gives it its name; else a track is named by its newest cell.
    """
    by_lane: dict[str, list[list[str]]] = {}
    for cell in sorted(nights_of, key=lambda cell: (nights_of[cell][0], cell)):
        chains = by_lane.setdefault(lane(cell), [])
        ended = [chain for chain in chains if nights_of[chain[-1]][-1] < nights_of[cell][0]]
        if ended:
            max(ended, key=lambda chain: nights_of[chain[-1]][-1]).append(cell)
        else:
            chains.append([cell])
    return [
        Track(name if len(chains) == 1 else chain[-1], tuple(chain))
        for name, chains in sorted(by_lane.items())
        for chain in chains
    ]
