"""From the words of a user (``latest``, a date, a release, a baseline's name, a folder) to records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from harness.errors import UsageError
from harness.evidence.records import CellRecord, Results, count
from harness.history import reader
from harness.history.database import Database
from harness.history.files import load_results
from harness.history.store import Run, body_of, runs
from harness.versions import Release

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_RELEASE = re.compile(r"(tensorrt(-rtx)? )?\d+(\.\d+)+", re.ASCII)


class UnknownRelease(UsageError):
    """No run of the history has a cell of the release."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison. A release's cells may come from several runs, so each names its own.

    ``folders`` maps a cell's id to the folder of the run that it comes from; a folder may be gone. ``matrices`` maps it
    to the matrix file that the run was made with.
    """

    title: str
    results: Results
    folders: dict[str, Path] = field(default_factory=dict)
    release: Release | None = None
    matrices: dict[str, str] = field(default_factory=dict)


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
    return Side(f"run {results.run.id}", results, {cell.id: folder for cell in results.cells})


def resolve(database: Database, words: str) -> Side:
    """The run, night, baseline, label or release that ``words`` name."""
    if is_folder(words):
        return side_of_folder(Path(words))
    everything = runs(database)
    run = find_run(everything, words)
    if run is not None:
        return side_of_run(database, run)
    if _RELEASE.fullmatch(words):
        return _side_of_release(database, everything, Release.parse(words))
    raise UsageError(_unknown(everything, words, database.name))


def side_of_run(database: Database, run: Run) -> Side:
    results = reader.results(database, run.name)
    title = f"{run.pinned} (run {run.name})" if run.pinned else f"run {run.name}"
    return Side(title, results, {cell.id: Path(run.folder) for cell in results.cells if run.folder})


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


def _side_of_release(database: Database, everything: Sequence[Run], release: Release) -> Side:
    """Each cell of the release as its newest executed run left it; where it never ran, as it was planned."""
    cells: dict[str, tuple[CellRecord, Run]] = {}
    for name, run in _newest_runs(database, everything, release).items():
        results = reader.results(database, run.name)
        cells[name] = (next(cell for cell in results.cells if cell.id == name), run)
    if not cells:
        raise UnknownRelease(
            f"release {release} is in no run of the history {database.name}; `trt-matrix run` it first"
        )
    newest = max((run for _, run in cells.values()), key=lambda run: run.started)
    records = [cell for cell, _ in cells.values()]
    info = reader.results(database, newest.name)
    results = msgspec.structs.replace(info, cells=records, counts=count(records))
    folders = {name: Path(run.folder) for name, (_, run) in cells.items() if run.folder}
    matrices = {name: body_of(database, run).info.matrix for name, (_, run) in cells.items()}
    return Side(str(release), results, folders, release, matrices)


def _newest_runs(database: Database, everything: Sequence[Run], release: Release) -> dict[str, Run]:
    """For each cell of a release the newest run that executed something in it, or else the newest."""
    rows = database.rows("SELECT id, name, version FROM cell WHERE flavour = ? ORDER BY name", (release.flavour.value,))
    by_key = {run.key: run for run in everything}
    found = {}
    for key, name, version in rows:
        if not release.version.covers(Release.parse(f"{release.flavour.value} {version}").version):
            continue
        newest = database.rows(
            "SELECT x.run FROM run_cell x JOIN run n ON n.id = x.run WHERE x.cell = ?"
            " ORDER BY x.executed > 0 DESC, n.started DESC LIMIT 1",
            (key,),
        )
        found[name] = by_key[newest[0][0]]
    return found


def _unknown(everything: Sequence[Run], words: str, history: str) -> str:
    if not everything:
        return f"{words!r}: the history {history} is empty; `trt-matrix run` fills it"
    names = {"latest", "previous"} | {run.pinned for run in everything if run.pinned}
    names |= {run.label for run in everything if run.label} | {run.name for run in everything[-20:]}
    near = get_close_matches(words, sorted(names), n=3, cutoff=0.4) or sorted({everything[-1].name, "latest"})
    return f"{words!r} is no run, date, release, baseline or label of the history; near: {', '.join(near)}"
