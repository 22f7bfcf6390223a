"""From the words of a user (``latest``, a date, a release, a baseline's name, a folder) to records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import msgspec

from harness.errors import UsageError
from harness.evidence.records import CellRecord, Outcome, Results, count
from harness.history import reader
from harness.history.database import Database
from harness.history.files import load_results
from harness.history.store import Run, runs
from harness.versions import Release

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# Of a cell, the newest runs in which a release's cases are looked for.
_LOOKED_AT = 30
_RELEASE = re.compile(r"(tensorrt(-rtx)? )?\d+(\.\d+)+", re.ASCII)


class UnknownRelease(UsageError):
    """No run of the history has a cell of the release."""


@dataclass(frozen=True, slots=True)
class Source:
    """The run that a record comes from: its id, its folder (which may be gone) and the matrix file it was made with."""

    run: str
    folder: Path | None
    matrix: str


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison. A release's cases may come from several runs, so each (cell, case) names its own."""

    title: str
    results: Results
    sources: dict[tuple[str, str], Source] = field(default_factory=dict)
    release: Release | None = None


def is_folder(words: str) -> bool:
    """The words are the path of a run's folder or of its ``results.json``."""
    return words.endswith(".json") or (Path(words) / "results.json").is_file()


def fits(name: str, pattern: str) -> bool:
    """A name is the pattern, or matches it as a shell's."""
    return name == pattern or fnmatchcase(name, pattern)


def side_of_folder(path: Path) -> Side:
    """A run that need not be in the history."""
    results = load_results(path)
    folder = path if path.is_dir() else path.parent
    source = Source(results.run.id, folder, results.run.matrix)
    return Side(f"run {results.run.id}", results, _all_from(source, results))


def resolve(database: Database, words: str) -> Side:
    """The run, night, baseline, label or release that ``words`` name."""
    if is_folder(words):
        return side_of_folder(Path(words))
    everything = runs(database)
    run = find_run(everything, words)
    if run is not None:
        return side_of_run(database, run)
    if _RELEASE.fullmatch(words):
        return side_of_release(database, everything, Release.parse(words))
    raise UsageError(_unknown(everything, words, database.name))


def side_of_run(database: Database, run: Run) -> Side:
    results = reader.results(database, run.name)
    title = f"{run.pinned} (run {run.name})" if run.pinned else f"run {run.name}"
    return Side(title, results, _all_from(source_of(run, results), results))


def source_of(run: Run, results: Results) -> Source:
    return Source(run.name, Path(run.folder) if run.folder else None, results.run.matrix)


def _all_from(source: Source, results: Results) -> dict[tuple[str, str], Source]:
    return {(cell.id, case.id): source for cell in results.cells for case in cell.cases}


def side_of_release(database: Database, everything: Sequence[Run], release: Release) -> Side:
    """Each case of the release's cells as it last executed; where it never did, as it was last planned.

    Only a cell's newest runs are looked at, so that a case which is asked for no more is forgotten in time.
    """
    by_key = {run.key: run for run in everything}
    read = cache(lambda key: reader.results(database, by_key[key].name))
    cells: list[tuple[CellRecord, int]] = []
    sources: dict[tuple[str, str], Source] = {}
    for newest, chosen in _chosen(database, by_key, release):
        made, found = _merged(newest, chosen, read)
        cells.append((made, newest.run))
        sources |= {(made.id, case): source_of(by_key[key], read(key)) for case, key in found.items()}
    if not cells:
        raise UnknownRelease(
            f"release {release} is in no run of the history {database.name}; `trt-matrix run` it first"
        )
    info = read(max((key for _, key in cells), key=lambda key: by_key[key].started))
    records = [cell for cell, _ in cells]
    run = msgspec.structs.replace(info.run, partial=False)
    whole = msgspec.structs.replace(info, run=run, cells=records, counts=count(records))
    return Side(str(release), whole, sources, release)


@dataclass(frozen=True, slots=True)
class _Newest:
    """A cell, and the newest run that executed something in it or else the newest."""

    cell: str
    run: int


def _merged(
    newest: _Newest, chosen: dict[str, int], read: Callable[[int], Results]
) -> tuple[CellRecord, dict[str, int]]:
    """The cell as its newest run has it, with each case from the run chosen for it; and those runs."""
    cells = {key: next(c for c in read(key).cells if c.id == newest.cell) for key in {newest.run, *chosen.values()}}
    cases = {key: {case.id: case for case in cell.cases} for key, cell in cells.items()}
    order = [*cases[newest.run], *sorted(chosen.keys() - cases[newest.run].keys())]
    found = {case: chosen.get(case, newest.run) for case in order}
    made = [cases[key][case] for case, key in found.items()]
    return msgspec.structs.replace(cells[newest.run], cases=made), found


def _chosen(database: Database, by_key: dict[int, Run], release: Release) -> Iterator[tuple[_Newest, dict[str, int]]]:
    """For each cell of a release its newest run, and for each case the newest one that executed it."""
    rows = database.rows("SELECT id, name, version FROM cell WHERE flavour = ? ORDER BY name", (release.flavour.value,))
    for key, name, version in rows:
        if not release.version.covers(Release.parse(f"{release.flavour.value} {version}").version):
            continue
        runs_of = database.rows(
            "SELECT x.run FROM run_cell x JOIN run n ON n.id = x.run WHERE x.cell = ?"
            f" ORDER BY x.executed > 0 DESC, n.started DESC LIMIT {_LOOKED_AT}",
            (key,),
        )
        newest = [run for (run,) in runs_of]
        outcomes = database.rows(
            "SELECT s.name, r.run, r.outcome FROM series s JOIN record r ON r.series = s.id"
            f" WHERE s.cell = ? AND r.run IN ({', '.join('?' * len(newest))})",
            (key, *newest),
        )
        best: dict[str, tuple[bool, str, int]] = {}
        for case, run, outcome in outcomes:
            ranked = (Outcome(outcome).executed, by_key[run].started, run)
            best[case] = max(best.get(case, ranked), ranked)
        yield _Newest(name, newest[0]), {case: run for case, (_, _, run) in best.items()}


def find_run(everything: Sequence[Run], words: str) -> Run | None:
    """A run by ``latest``, ``previous``, its id or the beginning of it, its baseline's name, date or label."""
    if words in ("latest", "previous"):
        place = -1 if words == "latest" else -2
        return everything[place] if len(everything) >= -place else None
    exact = [run for run in everything if words in (run.name, run.pinned)]
    if exact:
        return exact[-1]
    if _DATE.fullmatch(words):
        return next((run for run in nights(everything) if run.date == words), None)
    begun = [run for run in everything if len(words) >= 4 and run.name.startswith(words)]
    if len(begun) > 1:
        raise UsageError(f"run {words!r} begins the ids of {len(begun)} runs; give more of it")
    found = begun or [run for run in everything if run.label == words and words]
    return found[-1] if found else None


def nights(everything: Sequence[Run]) -> list[Run]:
    """One run for each date: the one that executed most, of equals the last. Oldest first."""
    best: dict[str, Run] = {}
    for run in everything:
        if run.date not in best or run.executed >= best[run.date].executed:
            best[run.date] = run
    return [best[date] for date in sorted(best)]


def _unknown(everything: Sequence[Run], words: str, history: str) -> str:
    if not everything:
        return f"{words!r}: the history {history} is empty; `trt-matrix run` fills it"
    if words == "previous":
        return f"there is no previous run: the history {history} has one run alone; `trt-matrix run` makes another"
    names = {"latest", "previous"} | {run.pinned for run in everything if run.pinned}
    names |= {run.label for run in everything if run.label} | {run.name for run in everything[-20:]}
    near = get_close_matches(words, sorted(names), n=3, cutoff=0.4) or sorted({everything[-1].name, "latest"})
    return f"{words!r} is no run, date, release, baseline or label of the history; near: {', '.join(near)}"
