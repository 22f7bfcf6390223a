"""The sides of a comparison: records, with repeats and layers where they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness.analysis import engines
from harness.analysis.case_changes import Repeats, Side
from harness.analysis.numbers import values
from harness.history import reader, resolve
from harness.history.database import Database
from harness.history.store import opened

# Earlier runs whose measurements count as repeats.
_REPEATS = 9


@contextmanager
def open_sides(place: str, before: str, after: str) -> Iterator[tuple[Side, Side, bool]]:
    """Both sides, and whether they are two releases. The history is asked only where one is no run's folder."""
    if resolve.is_folder(before) and resolve.is_folder(after):
        yield side_of(resolve.side_of_folder(Path(before))), side_of(resolve.side_of_folder(Path(after))), False
        return
    with opened(place, must_exist=True) as database:
        old, new = (resolve.resolve(database, words) for words in (before, after))
        since = old.results.run.started if old.results.run.started < new.results.run.started else ""
        sides = (side_of(old, repeats_of(database, old, "")), side_of(new, repeats_of(database, new, since)))
        yield *sides, bool(old.release and new.release)


def side_of(found: resolve.Side, repeats: Repeats | None = None) -> Side:
    """What ``compare`` takes."""

    def layers(cell: str, case: str) -> list[engines.Layer]:
        source = found.sources.get((cell, case))
        return engines.load(source.folder / "evidence" / cell / case) if source and source.folder else []

    title = f"{found.title} (a part of the matrix)" if found.results.run.partial else found.title
    runs = {key: source.run for key, source in found.sources.items()}
    return Side(title, found.results, repeats or _none, layers, runs)


def _none(_cell: str, _case: str, _name: str) -> Sequence[float]:
    return ()


def repeats_of(database: Database, found: resolve.Side, since: str) -> Repeats:
    """Measurements of the same case with the same inputs in runs after ``since`` up to the side's own."""
    until = found.results.run.started

    def repeats(cell: str, case: str, name: str) -> list[float]:
        points = [p for p in reader.timeline(database, cell, case) if since < p.run.started <= until][-_REPEATS:]
        alike = [p.case for p in points if p.case.key == points[-1].case.key and not p.case.reused_from]
        return [found[name] for found in map(values, alike) if name in found]

    return repeats
