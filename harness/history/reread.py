"""Evidence read again with newer rules: the new verdict stands in front, the old one is kept beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness import __version__
from harness.errors import UsageError
from harness.evidence.records import CaseRecord, Outcome, Results
from harness.history.codec import fixed_case, join_case, split_cell
from harness.history.database import Database
from harness.history.digests import Digests
from harness.history.store import Run, encode_body, run_named
from harness.history.writer import Row, add, digest_of, ensure_documents, prepared


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said of a case before it was read again."""

    replaced: str
    harness: str
    outcome: Outcome
    case: CaseRecord


def replace(database: Database, results: Results, folder: Path | None) -> list[tuple[str, str]]:
    """Put re-read records in the place of a run's; returns the (cell, case) whose verdict changed.

    A run that is not in the history yet is simply added. Evidence is never touched, so the set of cells and
    cases must be that of the run.
    """
    if not database.rows("SELECT 1 FROM run WHERE name = ?", (results.run.id,)):
        add(database, results, folder)
        return []
    run = run_named(database, results.run.id)
    rows = prepared(results, None, Digests())
    with database.write():
        documents = ensure_documents(database, [row.document for row in rows])
        known = _records(database, run)
        if known.keys() != {(row.cell, row.case.id) for row in rows}:
            raise UsageError(f"run {run.name} has other cells or cases than the re-read one; it cannot take its place")
        changed = []
        for row in rows:
            old, document = known[row.cell, row.case.id], documents[row.document.digest]
            if old[1:] != (row.case.outcome.value, document):
                _keep_and_replace(database, run, old, row, document)
                changed.append((row.cell, row.case.id))
        _replace_cells(database, run, results)
        database.rows(
            "UPDATE run SET digest = ?, body = ?, planned = ?, executed = ? WHERE id = ?",
            (digest_of(results), encode_body(results), results.counts.planned, results.counts.executed, run.key),
        )
    return changed


def _records(database: Database, run: Run) -> dict[tuple[str, str], tuple[int, str, int]]:
    rows = database.rows(
        "SELECT c.name, s.name, r.series, r.outcome, r.document FROM record r JOIN series s ON s.id = r.series"
        " JOIN cell c ON c.id = s.cell WHERE r.run = ?",
        (run.key,),
    )
    return {(cell, case): (series, outcome, document) for cell, case, series, outcome, document in rows}


def _keep_and_replace(database: Database, run: Run, old: tuple[int, str, int], row: Row, document: int) -> None:
    series, outcome, old_document = old
    now = datetime.now(UTC).isoformat(timespec="seconds")
    ((number,),) = database.rows("SELECT count(*) FROM verdict WHERE series = ? AND run = ?", (series, run.key))
    database.rows(
        "INSERT INTO verdict (series, run, number, outcome, document, replaced, harness) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (series, run.key, number, outcome, old_document, now, __version__),
    )
    database.rows(
        "UPDATE record SET outcome = ?, document = ?, varying = ? WHERE series = ? AND run = ?",
        (row.case.outcome.value, document, row.varying, series, run.key),
    )


def _replace_cells(database: Database, run: Run, results: Results) -> None:
    documents = {cell.id: split_cell(cell)[0] for cell in results.cells}
    keys = ensure_documents(database, list(documents.values()))
    database.many(
        "UPDATE run_cell SET document = ? WHERE run = ? AND cell = (SELECT id FROM cell WHERE name = ?)",
        [(keys[document.digest], run.key, name) for name, document in documents.items()],
    )


def verdicts(database: Database, run_name: str, cell: str, case: str) -> list[Verdict]:
    """Earlier verdicts of one case in one run, oldest first."""
    rows = database.rows(
        "SELECT v.replaced, v.harness, v.outcome, d.body, r.varying, r.duration_s, r.engine_bytes FROM verdict v"
        " JOIN document d ON d.id = v.document JOIN record r ON r.series = v.series AND r.run = v.run"
        " JOIN series s ON s.id = v.series JOIN cell c ON c.id = s.cell"
        " WHERE v.run = ? AND c.name = ? AND s.name = ? ORDER BY v.number",
        (run_named(database, run_name).key, cell, case),
    )
    return [
        Verdict(replaced, harness, Outcome(outcome), join_case(fixed_case(body), varying, duration_s, engine_bytes))
        for replaced, harness, outcome, body, varying, duration_s, engine_bytes in rows
    ]
