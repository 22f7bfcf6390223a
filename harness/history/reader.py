"""Reading the history back into records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from harness.evidence.records import CaseRecord, CellRecord, Results
from harness.history.codec import fixed_case, join_case, join_cell
from harness.history.database import Database
from harness.history.store import Run, body_of, run_named

_CASE = "r.document, r.varying, r.duration_s, r.engine_bytes"
# Values of one ``IN (...)``: below every limit of both databases.
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Point:
    """A case in one run."""

    run: Run
    case: CaseRecord


def results(database: Database, name: str) -> Results:
    """A whole run as it was added, or as it was last re-read."""
    run = run_named(database, name)
    body = body_of(database, run)
    cases: dict[int, list[CaseRecord]] = {}
    rows = database.rows(
        f"SELECT s.cell, {_CASE} FROM record r JOIN series s ON s.id = r.series WHERE r.run = ? ORDER BY r.position",
        (run.key,),
    )
    documents = _documents(database, (row[1] for row in rows))
    for cell, document, *parts in rows:
        cases.setdefault(cell, []).append(join_case(documents[document], *parts))
    cells = [join_cell(text, varying, cases.get(cell, [])) for cell, text, varying in _run_cells(database, run)]
    return Results(schema=body.schema, run=body.info, counts=body.counts, cells=cells, notes=body.notes)


def cells_of(database: Database, run: Run) -> list[CellRecord]:
    """The cells of a run without their cases."""
    return [join_cell(text, varying, []) for _, text, varying in _run_cells(database, run)]


def _run_cells(database: Database, run: Run) -> list[tuple[Any, ...]]:
    return database.rows(
        "SELECT x.cell, d.body, x.varying FROM run_cell x JOIN document d ON d.id = x.document"
        " WHERE x.run = ? ORDER BY x.position",
        (run.key,),
    )


def series(database: Database) -> list[tuple[int, str, str]]:
    """Every case that ever was: its key, its cell's id and its own."""
    rows = database.rows(
        "SELECT s.id, c.name, s.name FROM series s JOIN cell c ON c.id = s.cell ORDER BY c.name, s.name"
    )
    return [(key, cell, case) for key, cell, case in rows]


def timeline(database: Database, cell: str, case: str, limit: int | None = None) -> list[Point]:
    """One case through all runs, or the newest ``limit`` of them; oldest first."""
    key = database.rows(
        "SELECT s.id FROM series s JOIN cell c ON c.id = s.cell WHERE c.name = ? AND s.name = ?", (cell, case)
    )
    if not key:
        return []
    rows = _of_series(
        database,
        "SELECT n.id, n.name, n.started, n.label, n.folder, n.planned, n.executed, n.pinned, n.removed,"
        f" {_CASE} FROM record r JOIN run n ON n.id = r.run WHERE r.series = ?",
        key[0],
    )
    # Sorted here: PostgreSQL compares texts by its locale's rules, which takes longer than all the rest of the query.
    rows = sorted(rows, key=lambda row: (row[2], row[0]))[-limit if limit else 0 :]
    documents = _documents(database, (row[9] for row in rows))
    return [Point(Run(*row[:9]), join_case(documents[row[9]], *row[10:])) for row in rows]


def ended_elsewhere(database: Database, case: str) -> dict[str, str]:
    """By release (``tensorrt 8.6.1``) how a case last ended where it was executed."""
    rows = database.rows(
        "SELECT c.flavour, c.version, c.name FROM series s JOIN cell c ON c.id = s.cell WHERE s.name = ?", (case,)
    )
    found: dict[str, tuple[str, str]] = {}
    for flavour, version, cell in rows:
        for point in timeline(database, cell, case):
            if point.case.outcome.executed:
                release = f"{flavour} {version}"
                found[release] = max(found.get(release, ("", "")), (point.run.started, point.case.outcome.value))
    return {release: outcome for release, (_, outcome) in found.items()}


def records_of_series(database: Database, key: int, wanted: Collection[int]) -> Iterator[tuple[int, CaseRecord]]:
    """The records of one series in the runs whose keys are ``wanted``, as (run's key, case)."""
    asked = f"SELECT r.run, {_CASE} FROM record r WHERE r.series = ? AND r.run >= ?"
    rows = _of_series(database, asked, (key, min(wanted, default=0)))
    kept = [row for row in rows if row[0] in wanted]
    documents = _documents(database, (row[1] for row in kept))
    for run, document, *parts in kept:
        yield run, join_case(documents[document], *parts)


def _of_series(database: Database, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
    """A statement on records ``r``, asked of each part that has an index of its own."""
    parts = database.dialect.parts
    return database.rows(" UNION ALL ".join(f"{sql}{part}" for part in parts), values * len(parts))


def _documents(database: Database, keys: Iterable[int]) -> dict[int, CaseRecord]:
    """Documents by key, each read and decoded once however many records share it."""
    wanted = sorted(set(keys))
    found: dict[int, CaseRecord] = {}
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        marks = ", ".join("?" * len(chunk))
        rows = database.rows(f"SELECT id, body FROM document WHERE id IN ({marks})", chunk)
        found.update((key, fixed_case(body)) for key, body in rows)
    return found
