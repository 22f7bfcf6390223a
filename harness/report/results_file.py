"""``results.json``: the run's records, in the shape of ``docs/schema/results.schema.json``."""

from __future__ import annotations

from pathlib import Path

import msgspec

from harness.errors import InputError
from harness.evidence.records import SCHEMA, Results


def encode(results: Results) -> bytes:
    """Indented, so that two runs can be compared line by line; ends with a line feed."""
    return msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n"


def read(path: Path) -> Results:
    """Raises ``InputError`` for a file that is not there, is damaged, or has another schema."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); make a run with 'trt-matrix run'") from error
    try:
        _check_schema(path, data)
        return msgspec.json.decode(data, type=Results)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is damaged ({error}); write it again with 'trt-matrix run'") from error


class _Head(msgspec.Struct):
    schema: str


def _check_schema(path: Path, data: bytes) -> None:
    found = msgspec.json.decode(data, type=_Head).schema
    if found != SCHEMA:
        raise InputError(
            f"{path}: has the schema {found!r}, this program reads {SCHEMA!r}; use the program it came from"
        )
