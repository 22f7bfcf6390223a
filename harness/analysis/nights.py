"""The nights of a history, its tracks and its timelines, read in one sweep."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.analysis.timelines import Night, Seen, Timeline, Track, tracks
from harness.evidence.records import CellRecord
from harness.history import reader, resolve
from harness.history.database import Database
from harness.history.store import Run, body_of, runs


@dataclass(frozen=True, slots=True)
class Sweep:
    """The columns and rows of a dashboard. ``cells``: by night, each cell (without cases) by its id."""

    nights: tuple[Night, ...]
    runs: tuple[Run, ...]
    tracks: tuple[Track, ...]
    cells: tuple[dict[str, CellRecord], ...]


def sweep(database: Database, *, most: int, label: str = "", pages_from: Path | None = None) -> Sweep:
    """The newest ``most`` nights, of the runs with ``label`` where one is given.

    ``pages_from``: the folder from which links to the runs' pages start; without it there are none.
    """
    wanted = [run for run in runs(database) if not label or run.label == label]
    chosen = tuple(resolve.nights(wanted)[-most:])
    cells = tuple({cell.id: cell for cell in reader.cells_of(database, run)} for run in chosen)
    nights = tuple(Night(run.key, body_of(database, run).info, _link(run, pages_from)) for run in chosen)
    present: dict[str, list[int]] = {}
    for place, in_night in enumerate(cells):
        for cell in in_night:
            present.setdefault(cell, []).append(place)
    return Sweep(nights, chosen, tuple(tracks(present)), cells)


def _link(run: Run, pages_from: Path | None) -> str:
    if pages_from is None or run.removed or not run.folder or not (Path(run.folder) / "index.html").is_file():
        return ""
    return Path(os.path.relpath(Path(run.folder) / "index.html", pages_from.resolve())).as_posix()


def timelines(database: Database, swept: Sweep) -> Iterator[Timeline]:
    """Each case of each track, one at a time."""
    place_of = {night.key: place for place, night in enumerate(swept.nights)}
    by_cell: dict[str, dict[str, int]] = {}
    for key, cell, case in reader.series(database):
        by_cell.setdefault(cell, {})[case] = key
    for track in swept.tracks:
        for case in dict.fromkeys(case for cell in track.cells for case in by_cell.get(cell, ())):
            keys = [(cell, by_cell[cell][case]) for cell in track.cells if case in by_cell.get(cell, ())]
            seen = _seen(database, swept, place_of, keys)
            if seen:
                yield Timeline(track, case, seen)


def _seen(
    database: Database, swept: Sweep, place_of: dict[int, int], keys: Sequence[tuple[str, int]]
) -> tuple[Seen, ...]:
    found = [
        Seen(place_of[run], swept.cells[place_of[run]][cell], case)
        for cell, key in keys
        for run, case in reader.records_of_series(database, key, place_of.keys())
    ]
    return tuple(sorted(found, key=lambda seen: seen.night))
