"""SQLite, from the standard library: the history of one checkout."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.history.database import Dialect, HistoryError

# "trtm": tells this project's files from those of other programs.
APPLICATION = 0x7472746D
WAIT_S = 60.0
DIALECT = Dialect(key="INTEGER PRIMARY KEY", blob="BLOB", real="REAL", clustered="WITHOUT ROWID")


class SqliteDatabase:
    """One connection. Readers see the last whole write while another process writes."""

    dialect = DIALECT

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self._connection = connection
        self.name = name

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._words():
            return self._connection.execute(sql, values).fetchall()

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        with self._words():
            self._connection.executemany(sql, rows)

    @contextmanager
    def write(self) -> Iterator[None]:
        with self._words():
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with self._words():
                self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def has_table(self, name: str) -> bool:
        return bool(self.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)))

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise HistoryError(f"history {self.name}: {_advice(error)}") from error


def connect(place: str) -> SqliteDatabase:
    """Open or make a file. A database of another program is refused untouched."""
    path = Path(place.removeprefix("sqlite:///"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise HistoryError(f"history {path}: cannot be opened ({error})") from error
    database = SqliteDatabase(connection, str(path))
    try:
        _claim(database)
    except BaseException:
        connection.close()
        raise
    return database


def _claim(database: SqliteDatabase) -> None:
    (application,) = database.rows("PRAGMA application_id")[0]
    if application != APPLICATION:
        if application or database.rows("SELECT 1 FROM sqlite_master LIMIT 1"):
            raise HistoryError(f"history {database.name}: is the database of another program; name another file")
        database.rows(f"PRAGMA application_id = {APPLICATION}")
    # Readers do not wait for the nightly writer. Where the file system cannot do it (NFS), SQLite keeps its old way.
    database.rows("PRAGMA journal_mode = WAL")


def _advice(error: sqlite3.Error) -> str:
    text = str(error)
    if "locked" in text:
        return f"another process has been writing for {WAIT_S:.0f} s; try again when it has ended"
    if "not a database" in text or "malformed" in text:
        return f"is damaged ({text}); move it away and run `trt-matrix import --all` to fill a new one from the runs"
    if "readonly" in text or "read-only" in text:
        return "is read-only; give write permission or name another with --history"
    return text
