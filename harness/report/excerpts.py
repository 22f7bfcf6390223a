"""The lines of a case's log that a person wants to see: those around each finding, or else the last ones."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from harness.evidence.records import CaseRecord
from harness.neutral import neutral

LOG = "tensorrt.log"
_AROUND = 4
_TAIL = 12
_MOST_LINES = 60
_LONGEST_LINE = 400
_BLOCK = 64 * 1024
_TAIL_BYTES = 64 * 1024
_MOST_BYTES = 64 * 1024 * 1024


def excerpt(run_dir: Path, case: CaseRecord) -> str:
    """Numbered log lines with ``...`` where some are left out; empty where there is no log to read.

    A case's evidence comes from files that anybody may have written: nothing outside of the run's folder is read, and
    no more than 64 MiB of it.
    """
    log = _inside(run_dir, case.evidence)
    if log is None:
        return ""
    wanted = _wanted(place.line for finding in case.findings for place in finding.evidence)
    try:
        numbered = _pick(log, wanted) if wanted else _tail(log)
    except OSError:
        return ""
    return _written(numbered)


def _inside(run_dir: Path, evidence: str) -> Path | None:
    """The path of the log, where it is a file of its own within the run's folder."""
    cell, _, case = evidence.rpartition("/")
    folder = _real(run_dir, cell) if cell else None
    if folder is None or case in ("", ".", ".."):
        return None
    place = folder / case
    log = place / LOG
    return None if place.is_symlink() or log.is_symlink() or not log.is_file() else log


@lru_cache(maxsize=1024)
def _real(run_dir: Path, cell: str) -> Path | None:
    """Asked once per cell: following links is what costs most of the time of a big run's page."""
    folder = (run_dir / cell).resolve()
    return folder if folder.is_relative_to(run_dir.resolve()) else None


def _wanted(lines: Iterable[int | None]) -> list[int]:
    near = {number for line in lines if line for number in range(max(1, line - _AROUND), line + _AROUND + 1)}
    return sorted(near)[:_MOST_LINES]


def _pick(log: Path, wanted: list[int]) -> list[tuple[int, str]]:
    picked: list[tuple[int, str]] = []
    passed = 0
    with log.open("rb") as file:
        for number in wanted:
            _skip(file, number - 1 - passed)
            line = file.readline() if file.tell() <= _MOST_BYTES else b""
            if not line:
                break
            picked.append((number, _line(line)))
            passed = number
    return picked


def _skip(file: BinaryIO, lines: int) -> None:
    """Pass over lines by the block: builders write thousands before the one that matters."""
    while lines > 0 and file.tell() <= _MOST_BYTES and (block := file.read(_BLOCK)):
        ends = block.count(b"\n")
        if ends >= lines:
            file.seek(-len(block.split(b"\n", lines)[-1]), os.SEEK_CUR)
        lines -= ends


def _tail(log: Path) -> list[tuple[int, str]]:
    """The last lines; numbered where the whole file is small enough to count them, else with 0."""
    size = log.stat().st_size
    with log.open("rb") as file:
        file.seek(max(0, size - _TAIL_BYTES))
        lines = file.read(_TAIL_BYTES).splitlines()
    last = lines[-_TAIL:]
    first = len(lines) - len(last) + 1 if size <= _TAIL_BYTES else 0
    return [(first + place if first else 0, _line(line)) for place, line in enumerate(last)]


def _line(raw: bytes) -> str:
    text = raw.decode(errors="replace").rstrip("\r\n")
    cut = text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]} ... ({len(text):,} characters)"
    return neutral(cut)


def _written(numbered: list[tuple[int, str]]) -> str:
    words, before = [], 0
    for number, text in numbered:
        if number > before + 1:
            words.append("     ...")
        words.append(f"{number or '':>5}  {text}")
        before = number
    return "\n".join(words)
