"""Which runs' folders may go. The history keeps their records; only evidence and pages are removed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.history.database import Database
from harness.history.store import Run, runs


@dataclass(frozen=True, slots=True)
class Kept:
    """A run beyond the newest that stays, and why."""

    run: Run
    reason: str


@dataclass(frozen=True, slots=True)
class RetentionPlan:
    """What ``apply`` would do."""

    remove: tuple[Run, ...]
    kept: tuple[Kept, ...]


def plan(database: Database, out: Path, keep: int) -> RetentionPlan:
    """All but the ``keep`` newest runs below ``out``, without the pinned and those whose evidence others reuse."""
    here = [run for run in runs(database) if run.removed is None and _inside(Path(run.folder), out)]
    old = here[: max(len(here) - keep, 0)]
    staying = {run.name for run in here[len(old) :]} | {run.name for run in old if run.pinned}
    needed = _sources(database, staying)
    kept = [Kept(run, reason) for run in old if (reason := _reason(run, needed))]
    names = {each.run.name for each in kept}
    return RetentionPlan(tuple(run for run in old if run.name not in names), tuple(kept))


def apply(database: Database, decided: RetentionPlan) -> None:
    """Remove the folders. The row is marked first, so that a stop in between never shows evidence that is gone."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for run in decided.remove:
        with database.write():
            database.rows("UPDATE run SET removed = ? WHERE id = ? AND pinned IS NULL", (now, run.key))
        shutil.rmtree(run.folder)


def _reason(run: Run, needed: dict[str, str]) -> str:
    if run.pinned:
        return f"pinned as {run.pinned}"
    return f"its evidence is reused by {needed[run.name]}" if run.name in needed else ""


def _sources(database: Database, staying: set[str]) -> dict[str, str]:
    """Runs that the staying ones took results from, each with one that did; followed to the first source."""
    taken: dict[str, list[str]] = {}
    for user, source in database.rows("SELECT n.name, u.source FROM reuse u JOIN run n ON n.id = u.run"):
        taken.setdefault(user, []).append(source)
    found: dict[str, str] = {}
    todo = sorted(staying)
    while todo:
        user = todo.pop()
        for source in taken.get(user, []):
            if source not in found:
                found[source] = user
                todo.append(source)
    return found


def _inside(folder: Path, out: Path) -> bool:
    """Only a real folder directly below ``out`` is ours to remove."""
    return folder.parent == out.resolve() and folder.is_dir() and not folder.is_symlink()
