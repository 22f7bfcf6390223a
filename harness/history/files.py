"""The files of a run, as the history refers to them: by path and hash."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

import msgspec

from harness.errors import InputError
from harness.evidence.records import SCHEMA, Results

_RESULTS = "results.json"
_decoder = msgspec.json.Decoder(Results)


class _Head(msgspec.Struct):
    schema: str = ""


def load_results(path: Path) -> Results:
    """Read a run's ``results.json`` (the file, or the folder that holds it)."""
    file = path / _RESULTS if path.is_dir() else path
    try:
        text = file.read_bytes()
    except OSError as error:
        raise InputError(
            f"{file}: cannot be read ({error.strerror}); name a run's folder or its results.json"
        ) from error
    return decode_results(text, str(file))


def decode_results(text: bytes, name: str) -> Results:
    """Results from JSON; refuses another format with words that say which."""
    try:
        schema = msgspec.json.decode(text, type=_Head).schema
        if schema != SCHEMA:
            raise InputError(
                f"{name}: has the format {schema!r}, this trt-matrix reads {SCHEMA!r}; use the other version"
            )
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{name}: is no results.json of trt-matrix ({error})") from error


def digest_of_file(path: Path) -> str:
    """SHA-256 in hexadecimal, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class File(NamedTuple):
    """A plain file: its name below a folder, with slashes, where it lies, and its status."""

    name: str
    path: Path
    status: os.stat_result


def files_under(folder: Path) -> list[File]:
    """Plain files, sorted as paths are; links are not followed. None where there is no such folder."""
    found: list[tuple[tuple[str, ...], File]] = []
    waiting: list[tuple[str, tuple[str, ...]]] = [(str(folder), ())]
    while waiting:
        place, above = waiting.pop()
        try:
            entries = list(os.scandir(place))
        except (FileNotFoundError, NotADirectoryError):
            continue
        for entry in entries:
            parts = (*above, entry.name)
            if entry.is_dir(follow_symlinks=False):
                waiting.append((entry.path, parts))
            elif entry.is_file(follow_symlinks=False):
                found.append((parts, File("/".join(parts), Path(entry.path), entry.stat(follow_symlinks=False))))
    return [file for _, file in sorted(found, key=lambda each: each[0])]
