"""The seam between the history and a database: SQLite by default, PostgreSQL by a URL.

SQL is written once, with ``?`` for values. Where the two differ, a statement uses one of the words in
``Dialect``. Each driver is imported by one module (``sqlite``, ``postgres``), and only when asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from harness.errors import InputError, UsageError

_URL = re.compile(r"([a-z][a-z0-9+]*)://", re.ASCII)
_PASSWORD = re.compile(r"(://[^:/@]*:)[^@]*@")


class HistoryError(InputError):
    """The history cannot be opened, read or written."""


class NewerHistory(HistoryError):
    """A newer trt-matrix has been here; this one must not write what it does not understand."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """Words that differ between databases, written as ``{name}`` in a migration.

    ``clustered`` is empty where a table keeps its rows as they came; ``parts`` are then the conditions on a record
    ``r`` whose union is every record, each served by an index of its own.
    """

    key: str
    blob: str
    real: str
    clustered: str
    parts: tuple[str, ...] = ("",)

    def ddl(self, statement: str) -> str:
        for name in ("key", "blob", "real", "clustered"):
            statement = statement.replace(f"{{{name}}}", getattr(self, name))
        return statement


class Database(Protocol):
    """An open database. Every call may raise HistoryError."""

    name: str
    dialect: Dialect

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return what it gives."""
        ...

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement for each row."""
        ...

    def write(self) -> AbstractContextManager[None]:
        """One transaction, alone: other writers wait. Whole or not at all, also when killed."""
        ...

    def has_table(self, name: str) -> bool: ...

    def close(self) -> None: ...


class Driver(Protocol):
    """What the module of a database has."""

    def connect(self, place: str) -> Database: ...


def connect(place: str | Path) -> Database:
    """Open a database by a file's path, or by a ``sqlite:///`` or ``postgresql://`` URL."""
    text = str(place)
    scheme = found.group(1) if (found := _URL.match(text)) else "sqlite"
    if scheme not in ("sqlite", "postgresql", "postgres"):
        raise UsageError(f"history {shown(text)!r} is not a file, a sqlite:/// or a postgresql:// URL")
    module = "sqlite" if scheme == "sqlite" else "postgres"
    return cast("Driver", import_module(f"harness.history.{module}")).connect(text)


def shown(place: str) -> str:
    """A URL without its password."""
    return _PASSWORD.sub(r"\1***@", place)
