"""The evidence of a cell that was strange to us: how much of it is kept, and how it comes out of a tar."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, cast

_BLOCK = 1 << 20
_MOST_FILES = 100_000


@dataclass(slots=True)
class Kept:
    """``total`` is what the cell wrote, in bytes; ``cut`` names what was shortened or left out."""

    total: int = 0
    cut: list[str] = field(default_factory=list)


def trim(folder: Path, limit: int) -> Kept:
    """Cut the largest files until the folder holds at most ``limit`` bytes. Links are neither followed nor counted."""
    files = sorted(_files(folder), key=lambda entry: entry[1], reverse=True)
    kept = Kept(sum(size for _, size in files))
    surplus = kept.total - limit
    for path, size in files:
        if surplus <= 0:
            break
        left = max(0, size - surplus)
        os.truncate(path, left)
        surplus -= size - left
        kept.cut.append(_words(path.relative_to(folder).as_posix(), size, left))
    return kept


def receive(pieces: Iterable[bytes], folder: Path, limit: int, *, ours: frozenset[str]) -> Kept:
    """Write a daemon's tar of an evidence folder below ``folder``, at most ``limit`` bytes of it.

    A container made it: only files and folders are taken, only at places below ``folder``, never over those of
    ``ours``, and they belong to the caller. Raises ``tarfile.TarError`` where the tar ends early.
    """
    kept = Kept()
    room = limit
    with tarfile.open(fileobj=cast("IO[bytes]", _Reader(iter(pieces))), mode="r|") as archive:
        for number, member in enumerate(archive):
            # The tar's root is the folder itself.
            inside = PurePosixPath(*PurePosixPath(member.name).parts[1:])
            name = inside.as_posix()
            if name in {".", *ours}:
                continue
            if ".." in inside.parts or inside.is_absolute() or number >= _MOST_FILES:
                kept.cut.append(f"{name} (left out)")
            elif member.isdir():
                (folder / inside).mkdir(parents=True, exist_ok=True)
            elif member.isreg() and (content := archive.extractfile(member)):
                size = min(member.size, room)
                _write(folder / inside, content, size)
                room -= size
                kept.total += member.size
                if size < member.size:
                    kept.cut.append(_words(name, member.size, size))
            else:
                kept.cut.append(f"{name} (left out: neither file nor folder)")
    return kept


def _write(path: Path, content: IO[bytes], size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        while size and (piece := content.read(min(size, _BLOCK))):
            file.write(piece)
            size -= len(piece)


def _files(folder: Path) -> Iterator[tuple[Path, int]]:
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            if path.is_file() and not path.is_symlink():
                yield path, path.stat().st_size


def _words(name: str, size: int, left: int) -> str:
    return f"{name} ({size / 1e6:.0f} MB to {left / 1e6:.0f} MB)"


class _Reader:
    """Pieces of any length as a file that can be read once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, number: int) -> bytes:
        while len(self._rest) < number and (piece := next(self._pieces, b"")):
            self._rest += piece
        data, self._rest = self._rest[:number], self._rest[number:]
        return data
