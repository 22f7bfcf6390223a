"""What is sent to the daemon to build an image: a tar made entry by entry, the same bytes for the same inputs."""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_BLOCK = 1 << 20
# One time for all entries, and one that zip files can hold too (1980-01-01).
_TIME = 315532800


@dataclass(frozen=True, slots=True)
class Entry:
    """``name`` is the path inside the context; the content is a file's, or ``data``, or a link to ``target``.

    With ``member``, ``path`` is a zip file and the content is that member of it, which is never unpacked to a disk.
    """

    name: str
    path: Path | None = None
    data: bytes = b""
    target: str = ""
    member: str = ""

    @property
    def size(self) -> int:
        """Bytes of the content."""
        if self.path is None:
            return len(self.data)
        if self.member:
            with zipfile.ZipFile(self.path) as package:
                return package.getinfo(self.member).file_size
        return self.path.stat().st_size

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        if self.path is None:
            yield io.BytesIO(self.data)
        elif self.member:
            with zipfile.ZipFile(self.path) as package, package.open(self.member) as content:
                yield content
        else:
            with self.path.open("rb") as file:
                yield file


def folder(name: str, root: Path, *, skip: tuple[str, ...] = ("__pycache__",)) -> list[Entry]:
    """The files and links below ``root`` as entries below ``name``, in order of their paths."""
    entries = []
    for path in sorted(root.rglob("*")):
        if any(part in skip for part in path.relative_to(root).parts):
            continue
        inside = f"{name}/{path.relative_to(root).as_posix()}"
        if path.is_symlink():
            entries.append(Entry(inside, target=str(path.readlink())))
        elif path.is_file():
            entries.append(Entry(inside, path))
    return entries


def digest(entries: Iterable[Entry]) -> str:
    """SHA-256 over names, kinds and contents."""
    total = hashlib.sha256()
    for entry in entries:
        total.update(f"{entry.name}\0{entry.target}\0{_executable(entry)}\0".encode())
        total.update(_content_digest(entry))
    return total.hexdigest()


def size(entries: Iterable[Entry]) -> int:
    """Bytes of the contents."""
    return sum(entry.size for entry in entries)


def stream(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The tar, piece by piece: a context of gigabytes is never held in memory."""
    for entry in entries:
        yield from _pieces(entry)
    yield b"\0" * (2 * tarfile.BLOCKSIZE)


def write(entries: Iterable[Entry], place: Path) -> None:
    """The same as files below ``place``, for a builder that reads folders."""
    for entry in entries:
        target = place / entry.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        if entry.target:
            target.symlink_to(entry.target)
            continue
        with entry.open() as content, target.open("wb") as file:
            shutil.copyfileobj(content, file, _BLOCK)
        target.chmod(0o755 if _executable(entry) else 0o644)


def _pieces(entry: Entry) -> Iterator[bytes]:
    info = _info(entry)
    yield info.tobuf(tarfile.GNU_FORMAT)
    left = info.size
    with entry.open() as file:
        while left:
            piece = file.read(min(_BLOCK, left))
            if not piece:
                raise OSError(f"{entry.path} became shorter while it was read")
            left -= len(piece)
            yield piece
    yield b"\0" * (-info.size % tarfile.BLOCKSIZE)


def _info(entry: Entry) -> tarfile.TarInfo:
    info = tarfile.TarInfo(entry.name)
    info.mtime = _TIME
    info.mode = 0o755 if _executable(entry) else 0o644
    if entry.target:
        info.type = tarfile.SYMTYPE
        info.linkname = entry.target
    else:
        info.size = entry.size
    return info


def _executable(entry: Entry) -> bool:
    return entry.path is not None and not entry.member and bool(entry.path.stat().st_mode & 0o100)


def _content_digest(entry: Entry) -> bytes:
    total = hashlib.sha256()
    with entry.open() as file:
        while piece := file.read(_BLOCK):
            total.update(piece)
    return total.digest()
