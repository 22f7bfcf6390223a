"""Opening a history, and its table of runs."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.errors import UsageError
from harness.evidence.records import Counts, Results, RunInfo
from harness.history.database import Database, connect
from harness.history.schema import migrate

VARIABLE = "TRT_MATRIX_HISTORY"
FILE = "history.sqlite"


class RunBody(msgspec.Struct, frozen=True):
    """What a run's row holds beside its columns, compressed."""

    info: RunInfo
    counts: Counts
    notes: list[str]
    schema: str


@dataclass(frozen=True, slots=True)
class Run:
    """A run in the history. ``pinned`` is its name as a baseline, ``removed`` when its folder went."""

    key: int
    name: str
    started: str
    label: str
    folder: str
    planned: int
    executed: int
    pinned: str | None
    removed: str | None

    @property
    def date(self) -> str:
        """The night it belongs to: its date in UTC."""
        return self.started[:10]


_COLUMNS = "id, name, started, label, folder, planned, executed, pinned, removed"
_decode_body = msgspec.json.Decoder(RunBody)


def place_of(given: str | None, out: Path) -> str:
    """Where the history is: the option, else the environment's word, else beside the runs."""
    return given or os.environ.get(VARIABLE) or str(out / FILE)


@contextmanager
def opened(place: str | Path, *, must_exist: bool = False) -> Iterator[Database]:
    """A history of the newest schema, closed at the end. ``must_exist``: only to read, so do not make one."""
    if must_exist and "://" not in str(place) and not Path(place).is_file():
        raise UsageError(f"history {place}: is not there; `trt-matrix run` makes it, or name one with --history")
    database = connect(place)
    try:
        migrate(database)
        yield database
    finally:
        database.close()


def runs(database: Database) -> list[Run]:
    """All runs, oldest first."""
    return [Run(*row) for row in database.rows(f"SELECT {_COLUMNS} FROM run ORDER BY started, id")]


def run_named(database: Database, name: str) -> Run:
    """The run of this very id."""
    found = database.rows(f"SELECT {_COLUMNS} FROM run WHERE name = ?", (name,))
    if not found:
        raise UsageError(f"run {name!r} is not in the history {database.name}")
    return Run(*found[0])


def body_of(database: Database, run: Run) -> RunBody:
    """Who made the run, where, when, and its counts."""
    ((body,),) = database.rows("SELECT body FROM run WHERE id = ?", (run.key,))
    return _decode_body.decode(zlib.decompress(body))


def encode_body(results: Results) -> bytes:
    body = RunBody(results.run, results.counts, results.notes, results.schema)
    return zlib.compress(msgspec.json.encode(body))


def pin(database: Database, name: str, as_name: str | None) -> None:
    """Keep a run from every clean-up, under a name (``None``: let it go)."""
    run = run_named(database, name)
    with database.write():
        if as_name is not None and database.rows("SELECT 1 FROM run WHERE pinned = ? AND id <> ?", (as_name, run.key)):
            raise UsageError(f"baseline {as_name!r} names another run already; remove that pin first")
        database.rows("UPDATE run SET pinned = ? WHERE id = ?", (as_name, run.key))
