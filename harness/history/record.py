"""What ``run`` calls at its end: the history must never cost the run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.errors import HarnessError
from harness.evidence.layout import cache_folder
from harness.evidence.records import Results
from harness.history.database import Database
from harness.history.digests import Digests
from harness.history.files import load_results
from harness.history.store import opened, runs
from harness.history.writer import add


def record(place: str, out: Path, results: Results) -> list[str]:
    """Write a run, and what earlier writers left undone, to the history; returns notes for the user.

    ``out`` holds the runs' folders. A history that cannot be written is one note: the run stays whole in
    its folder, and the next call catches up.
    """
    digests = Digests(cache_folder(out) / "digests")
    try:
        with opened(place) as database:
            add(database, results, out / results.run.id, digests)
            digests.keep()
            return catch_up(database, out)
    except HarnessError as error:
        return [f"not in the history: {error}; `trt-matrix import {out / results.run.id}` adds this run later"]


def catch_up(database: Database, out: Path) -> list[str]:
    """Add the finished runs below ``out`` that are not in the history; a damaged one is a note."""
    notes = []
    known = {run.name for run in runs(database)}
    for folder in _run_folders(out):
        if folder.name in known:
            continue
        try:
            results = load_results(folder)
            if results.run.finished and results.run.id not in known and add(database, results, folder):
                notes.append(f"history: added {results.run.id}, which was missing")
        except HarnessError as error:
            notes.append(f"history: left out {folder.name}: {error}")
    return notes


def _run_folders(out: Path) -> Iterator[Path]:
    if out.is_dir():
        yield from sorted(path for path in out.iterdir() if not path.is_symlink() and (path / "results.json").is_file())
