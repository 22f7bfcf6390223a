"""The tables of the history, as a list of migrations that only grows.

A released migration is never changed: what comes later is a new entry, so every file that a released
version wrote has a way forward. Each is applied in a transaction together with its own record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from harness import __version__
from harness.history.database import Database, Dialect, NewerHistory


@dataclass(frozen=True, slots=True)
class Migration:
    """``unclustered``: only for a database that keeps rows as they came."""

    name: str
    statements: tuple[str, ...]
    unclustered: tuple[str, ...] = ()

    def on(self, dialect: Dialect) -> list[str]:
        """Its statements in the words of a database."""
        return [dialect.ddl(each) for each in (*self.statements, *(() if dialect.clustered else self.unclustered))]


_TRACK = """CREATE TABLE IF NOT EXISTS migration (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied TEXT NOT NULL, harness TEXT NOT NULL)"""

# A record is narrow: what stays the same from night to night stands once in ``document`` (by its hash).
_FIRST = (
    """CREATE TABLE run (
        id {key}, name TEXT NOT NULL UNIQUE, started TEXT NOT NULL, label TEXT NOT NULL,
        digest {blob} NOT NULL, folder TEXT NOT NULL, body {blob} NOT NULL,
        planned INTEGER NOT NULL, executed INTEGER NOT NULL,
        pinned TEXT, removed TEXT, added TEXT NOT NULL)""",
    "CREATE INDEX run_started ON run (started)",
    "CREATE TABLE document (id {key}, digest {blob} NOT NULL UNIQUE, body {blob} NOT NULL)",
    "CREATE TABLE cell (id {key}, name TEXT NOT NULL UNIQUE, flavour TEXT NOT NULL, version TEXT NOT NULL)",
    """CREATE TABLE series (
        id {key}, cell INTEGER NOT NULL REFERENCES cell (id), name TEXT NOT NULL, UNIQUE (cell, name))""",
    """CREATE TABLE run_cell (
        run INTEGER NOT NULL REFERENCES run (id), cell INTEGER NOT NULL REFERENCES cell (id),
        position INTEGER NOT NULL, document INTEGER NOT NULL REFERENCES document (id), varying TEXT NOT NULL,
        executed INTEGER NOT NULL, PRIMARY KEY (run, cell)) {clustered}""",
    "CREATE INDEX run_cell_cell ON run_cell (cell, run)",
    """CREATE TABLE record (
        series INTEGER NOT NULL REFERENCES series (id), run INTEGER NOT NULL REFERENCES run (id),
        position INTEGER NOT NULL, outcome TEXT NOT NULL, document INTEGER NOT NULL REFERENCES document (id),
        duration_s {real}, engine_bytes BIGINT, varying TEXT NOT NULL, evidence {blob},
        PRIMARY KEY (series, run)) {clustered}""",
    "CREATE INDEX record_run ON record (run)",
    """CREATE TABLE reuse (
        run INTEGER NOT NULL REFERENCES run (id), source TEXT NOT NULL,
        PRIMARY KEY (run, source)) {clustered}""",
    """CREATE TABLE verdict (
        series INTEGER NOT NULL, run INTEGER NOT NULL REFERENCES run (id), number INTEGER NOT NULL,
        outcome TEXT NOT NULL, document INTEGER NOT NULL REFERENCES document (id),
        replaced TEXT NOT NULL, harness TEXT NOT NULL,
        PRIMARY KEY (series, run, number)) {clustered}""",
)

# Rows as they came lie a page per night: a timeline of three years would read a thousand pages. An index that has all
# a timeline asks for keeps a case's nights side by side, as SQLite's table does by itself. It spares the table only
# where a vacuum has been, so that comes every few nights and not after a fifth of all rows.
_SIDE_BY_SIDE = (
    """CREATE INDEX record_timeline ON record (series, run) INCLUDE (document, duration_s, engine_bytes, varying)
        WHERE octet_length(varying) <= 2400""",
    "CREATE INDEX record_timeline_long ON record (series, run) WHERE octet_length(varying) > 2400",
    """ALTER TABLE record SET (
        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000)""",
)

MIGRATIONS: tuple[Migration, ...] = (
    Migration("runs, records, documents and verdicts", _FIRST),
    Migration("a case's nights side by side", (), _SIDE_BY_SIDE),
)


def migrate(database: Database, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring a database to the newest schema; raises NewerHistory where it is past ours already."""
    if _check(database, migrations) == len(migrations):
        return
    with database.write():
        database.rows(_TRACK)
        # Again, now that no other process can be at it.
        done = _check(database, migrations)
        for number, migration in enumerate(migrations[done:], start=done + 1):
            for statement in migration.on(database.dialect):
                database.rows(statement)
            now = datetime.now(UTC).isoformat(timespec="seconds")
            database.rows("INSERT INTO migration VALUES (?, ?, ?, ?)", (number, migration.name, now, __version__))


def _check(database: Database, migrations: Sequence[Migration]) -> int:
    """How many migrations have been applied."""
    if not database.has_table("migration"):
        return 0
    applied = database.rows("SELECT number, harness FROM migration ORDER BY number")
    if len(applied) > len(migrations):
        raise NewerHistory(
            f"history {database.name}: written by trt-matrix {applied[-1][1]} (schema {applied[-1][0]}, this one knows "
            f"{len(migrations)}); update trt-matrix, or name another history and import the runs later"
        )
    return len(applied)
