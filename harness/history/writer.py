"""Writing a run: one transaction, so that a reader sees all of a run or nothing of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from harness.evidence.records import CaseRecord, Results
from harness.history.codec import Document, split_case, split_cell
from harness.history.database import Database, HistoryError
from harness.history.digests import Digests
from harness.history.store import encode_body

# Values of one ``IN (...)``: below every limit of both databases.
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Row:
    """One case, ready to be written."""

    cell: str
    case: CaseRecord
    position: int
    document: Document
    varying: str
    evidence: bytes | None


def digest_of(results: Results) -> bytes:
    """Tells whether two Results are the same. What was replayed is no part of what ran, and is not kept."""
    ran = msgspec.structs.replace(results, replayed=[])
    return hashlib.sha256(msgspec.json.encode(ran, order="deterministic")).digest()


def add(database: Database, results: Results, folder: Path | None, digests: Digests | None = None) -> bool:
    """Write a run; False where it is there already, word for word.

    ``folder`` holds its evidence, which is referred to by path and hash. Raises HistoryError where another
    content stands under the same id: see ``reread.replace``.
    """
    digest = digest_of(results)
    rows = prepared(results, folder, digests or Digests())
    with database.write():
        known = database.rows("SELECT digest FROM run WHERE name = ?", (results.run.id,))
        if known:
            if bytes(known[0][0]) == digest:
                return False
            raise HistoryError(
                f"run {results.run.id} is in the history with other content; `report --reclassify` re-reads"
            )
        run = _insert_run(database, results, digest, folder)
        _insert_cells(database, run, results)
        _insert_records(database, run, rows)
        _insert_reuse(database, run, rows)
    return True


def prepared(results: Results, folder: Path | None, digests: Digests) -> list[Row]:
    """All that can be worked out before the lock is taken."""
    return [
        Row(
            cell.id,
            case,
            position,
            *split_case(case),
            digests.of_folder(folder / case.evidence) if folder and case.evidence else None,
        )
        for cell in results.cells
        for position, case in enumerate(cell.cases)
    ]


def _insert_run(database: Database, results: Results, digest: bytes, folder: Path | None) -> int:
    run = results.run
    now = datetime.now(UTC).isoformat(timespec="seconds")
    database.rows(
        "INSERT INTO run (name, started, label, digest, folder, body, planned, executed, added)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(run.id, run.started, run.label, digest, str(folder.resolve()) if folder else ""),
            *(encode_body(results), results.counts.planned, results.counts.executed, now),
        ),
    )
    ((key,),) = database.rows("SELECT id FROM run WHERE name = ?", (run.id,))
    return int(key)


def _insert_cells(database: Database, run: int, results: Results) -> None:
    parts = [split_cell(cell) for cell in results.cells]
    documents = ensure_documents(database, [document for document, _ in parts])
    cells = _cell_keys(database)
    new = [(cell.id, cell.flavour, cell.version) for cell in results.cells if cell.id not in cells]
    database.many("INSERT INTO cell (name, flavour, version) VALUES (?, ?, ?)", new)
    cells = _cell_keys(database) if new else cells
    database.many(
        "INSERT INTO run_cell (run, cell, position, document, varying, executed) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                *(run, cells[cell.id], position, documents[document.digest], varying),
                sum(case.outcome.executed for case in cell.cases),
            )
            for position, (cell, (document, varying)) in enumerate(zip(results.cells, parts, strict=True))
        ],
    )


def _cell_keys(database: Database) -> dict[str, int]:
    return dict(database.rows("SELECT name, id FROM cell"))


def _insert_records(database: Database, run: int, rows: Sequence[Row]) -> None:
    documents = ensure_documents(database, [row.document for row in rows])
    series = _ensure_series(database, [(row.cell, row.case.id) for row in rows])
    database.many(
        "INSERT INTO record (series, run, position, outcome, document, duration_s, engine_bytes, varying, evidence)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        # In the table's own order, which is quicker.
        sorted(
            (
                *(series[row.cell, row.case.id], run, row.position, row.case.outcome.value),
                *(documents[row.document.digest], row.case.duration_s, row.case.engine_bytes, row.varying),
                row.evidence,
            )
            for row in rows
        ),
    )


def _insert_reuse(database: Database, run: int, rows: Sequence[Row]) -> None:
    sources = sorted({row.case.reused_from for row in rows if row.case.reused_from})
    database.many("INSERT INTO reuse (run, source) VALUES (?, ?)", [(run, source) for source in sources])


def ensure_documents(database: Database, documents: Sequence[Document]) -> dict[bytes, int]:
    """Keys of documents by digest; what is not there yet is written."""
    wanted = {document.digest: document for document in documents}
    keys = _document_keys(database, wanted)
    new = [document for digest, document in wanted.items() if digest not in keys]
    database.many(
        "INSERT INTO document (digest, body) VALUES (?, ?)", [(item.digest, item.compressed()) for item in new]
    )
    return keys | _document_keys(database, [item.digest for item in new])


def _document_keys(database: Database, digests: Iterable[bytes]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    ordered = sorted(digests)
    for start in range(0, len(ordered), _CHUNK):
        chunk = ordered[start : start + _CHUNK]
        marks = ", ".join("?" * len(chunk))
        rows = database.rows(f"SELECT digest, id FROM document WHERE digest IN ({marks})", chunk)
        found.update((bytes(digest), key) for digest, key in rows)
    return found


def _ensure_series(database: Database, names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    keys = _series_keys(database)
    new = [name for name in names if name not in keys]
    if not new:
        return keys
    cells = _cell_keys(database)
    database.many("INSERT INTO series (cell, name) VALUES (?, ?)", [(cells[cell], case) for cell, case in new])
    return _series_keys(database)


def _series_keys(database: Database) -> dict[tuple[str, str], int]:
    rows = database.rows("SELECT c.name, s.name, s.id FROM series s JOIN cell c ON c.id = s.cell")
    return {(cell, case): key for cell, case, key in rows}
