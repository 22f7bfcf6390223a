"""A run as one file: ``<run id>.trtm.tar.gz`` with a manifest of hashes, then the run's files.

What comes in is not trusted: only plain files that the manifest names are written, below a new folder, and
the run appears only when every hash was right.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec

from harness.errors import InputError
from harness.evidence.records import Record
from harness.history.files import digest_of_file, files_under

SUFFIX = ".trtm.tar.gz"
FORMAT = "trt-matrix/package/1"
_MANIFEST = "manifest.json"
_MANIFEST_BYTES = 256 * 2**20
_PIECE = 2**20
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)


class PackedFile(Record, frozen=True, kw_only=True):
    path: str
    bytes: int
    sha256: str


class Manifest(Record, frozen=True, kw_only=True):
    """``bytes`` and ``sha256`` of each file, by its path in the run's folder."""

    schema: str = FORMAT
    run: str
    files: list[PackedFile]


def export(folder: Path, to: Path) -> Path:
    """Pack a run's folder; returns the file. The same folder gives the same bytes. Whole or not at all."""
    manifest = Manifest(
        run=folder.name,
        files=[
            PackedFile(path=name, bytes=status.st_size, sha256=digest_of_file(path))
            for name, path, status in files_under(folder)
        ],
    )
    if not any(packed.path == "results.json" for packed in manifest.files):
        raise InputError(f"{folder}: holds no results.json; name the folder of a run")
    target = to / f"{folder.name}{SUFFIX}" if to.is_dir() else to
    partial = target.with_name(target.name + ".partial")
    try:
        with partial.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
            _write(packed, manifest, folder)
        partial.replace(target)
    except OSError as error:
        raise InputError(f"{target}: cannot be written ({error.strerror}); name a file or folder with --to") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    return target


def _write(stream: IO[bytes] | gzip.GzipFile, manifest: Manifest, folder: Path) -> None:
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        text = msgspec.json.encode(manifest)
        tar.addfile(_entry(_MANIFEST, len(text)), io.BytesIO(text))
        for packed in manifest.files:
            with (folder / packed.path).open("rb") as file:
                tar.addfile(_entry(f"{manifest.run}/{packed.path}", packed.bytes), file)


def _entry(name: str, size: int) -> tarfile.TarInfo:
    """No owner, no time: they say nothing about the run, and something about its maker."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o644
    return entry


def unpack(package: Path, out: Path) -> Path:
    """Write a package's run below ``out``; returns its folder. Raises InputError, and leaves nothing then."""
    if not package.is_file():
        raise InputError(f"{package}: there is no such file; name a run's folder or a package that `export` wrote")
    try:
        with tarfile.open(package, "r|gz") as tar:
            entries = iter(tar)
            manifest = _manifest(package, tar, next(entries, None))
            target = out / manifest.run
            if target.exists():
                return _same(package, manifest, target)
            return _extract(package, manifest, tar, entries, target)
    except (OSError, EOFError, tarfile.TarError) as error:
        raise InputError(
            f"{package}: cannot be read as a package of trt-matrix ({error}); export the run again"
        ) from error


def _manifest(package: Path, tar: tarfile.TarFile, first: tarfile.TarInfo | None) -> Manifest:
    stream = tar.extractfile(first) if first and first.name == _MANIFEST and first.size <= _MANIFEST_BYTES else None
    if stream is None:
        raise InputError(f"{package}: is no package of trt-matrix (no manifest at its beginning)")
    try:
        manifest = msgspec.json.decode(stream.read(), type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{package}: its manifest is damaged ({error})") from error
    if manifest.schema != FORMAT:
        raise InputError(f"{package}: has the format {manifest.schema!r}, this trt-matrix reads {FORMAT!r}")
    if not _RUN_ID.fullmatch(manifest.run):
        raise InputError(f"{package}: its run id {manifest.run!r} is no plain name")
    for packed in manifest.files:
        _check_path(package, packed.path)
    return manifest


def _check_path(package: Path, path: str) -> None:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or "\0" in path or ":" in parts[0]:
        raise InputError(f"{package}: names {path!r}, which would be written outside the run's folder")


def _same(package: Path, manifest: Manifest, target: Path) -> Path:
    """The run is here already: well, if it is the same."""
    for packed in manifest.files:
        there = target / packed.path
        if there.is_symlink() or not there.is_file() or digest_of_file(there) != packed.sha256:
            raise InputError(f"{package}: {target} is there and differs in {packed.path!r}; move it away first")
    return target


def _extract(
    package: Path, manifest: Manifest, tar: tarfile.TarFile, entries: Iterator[tarfile.TarInfo], target: Path
) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    size = sum(packed.bytes for packed in manifest.files)
    if size > shutil.disk_usage(target.parent).free:
        raise InputError(f"{package}: needs {size / 2**20:,.0f} MiB, more than is free below {target.parent}")
    wanted = {f"{manifest.run}/{packed.path}": packed for packed in manifest.files}
    with tempfile.TemporaryDirectory(prefix=".import-", dir=target.parent) as scratch:
        for entry in entries:
            packed = wanted.pop(entry.name, None)
            if packed is None or not entry.isreg() or entry.size != packed.bytes:
                raise InputError(f"{package}: holds {entry.name!r}, which its manifest does not name so")
            stream = tar.extractfile(entry)
            if stream is None or _copy(stream, Path(scratch) / "run" / packed.path) != packed.sha256:
                raise InputError(f"{package}: {packed.path!r} is not what was packed; export the run again")
        if wanted:
            raise InputError(f"{package}: lacks {min(wanted)!r}; it was cut short")
        (Path(scratch) / "run").rename(target)
    return target


def _copy(stream: IO[bytes], to: Path) -> str:
    """Write a stream; returns its hash."""
    to.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with to.open("xb") as file:
        while piece := stream.read(_PIECE):
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()
