"""The commands under a triage: what repeats it here, each to be pasted as it stands."""

from __future__ import annotations

import argparse
import platform
import shlex
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness.analysis.case_changes import Side
from harness.errors import HarnessError
from harness.evidence.layout import OUT
from harness.evidence.records import BAD
from harness.history.database import shown
from harness.history.resolve import Source
from harness.matrix.expand import expand
from harness.matrix.load import load
from harness.report import repro
from harness.report.proofs import checked_url
from harness.versions import Release

MATRIX = Path("matrix.yaml")


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of ``triage`` as they were given."""

    matrix: Path
    out: Path
    history: str | None = None
    code: tuple[Path, ...] = ()
    remedies: str = ""
    among: str = ""
    url: str = ""

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> Asked:
        return cls(
            arguments.matrix,
            arguments.out,
            arguments.history,
            tuple(arguments.code),
            arguments.try_remedies,
            arguments.among,
            checked_url(arguments.url),
        )

    @property
    def place(self) -> list[str]:
        """Where the runs and their history are."""
        out = ["--out", str(self.out)] if self.out != OUT else []
        return [*out, *(["--history", shown(self.history)] if self.history else [])]


@dataclass(frozen=True, slots=True)
class Made:
    """One side, with the run that each (cell, case) comes from."""

    side: Side
    sources: Mapping[tuple[str, str], Source] = field(default_factory=dict)

    @property
    def matrices(self) -> dict[str, str]:
        """The matrix file that a cell was last run with."""
        return {cell: source.matrix for (cell, _), source in self.sources.items()}

    def folder(self, cell: str, case: str) -> Path | None:
        """Of the case's run, where it is still there."""
        source = self.sources.get((cell, case))
        return source.folder if source and source.folder and source.folder.is_dir() else None


def commands(before: Made, after: Made, releases: tuple[Release, Release], asked: Asked) -> list[str]:
    """Run both sides again, compare them, triage them, and take the first broken case out."""
    ends = [str(release) for release in releases]
    here = _matrix(asked.matrix)
    more = [
        *here,
        *asked.place,
        *(["--url", asked.url] if asked.url else []),
        *(["--code", *map(str, asked.code)] if asked.code else []),
        *(["--try-remedies", asked.remedies] if asked.remedies else []),
        *(["--among", asked.among] if asked.among else []),
    ]
    return [
        *_runs((before, after), asked),
        *_compared((before, after), ends, [*here, *asked.place]),
        shlex.join(["trt-matrix", "triage", "--from", ends[0], "--to", ends[1], *more]),
        *_taken_out(after, asked),
    ]


def _compared(sides: tuple[Made, Made], ends: list[str], options: list[str]) -> Iterator[str]:
    without = [end for end, made in zip(ends, sides, strict=True) if not made.side.results.cells]
    for end in without:
        yield f"# {end} has no cell: add one to the matrix and run it, then compare"
    if not without:
        yield shlex.join(["trt-matrix", "compare", *ends, *options])


def _runs(sides: tuple[Made, Made], asked: Asked) -> Iterator[str]:
    """One ``run`` for each matrix file; a cell that no file has any more is told in a comment."""
    known: dict[str, frozenset[str]] = {}
    chosen: dict[str, list[str]] = {}
    for made in sides:
        matrices = made.matrices
        for cell in made.side.results.cells:
            files = dict.fromkeys((str(asked.matrix), matrices.get(cell.id, "")))
            file = next((f for f in files if f and cell.id in known.setdefault(f, _cells(Path(f)))), "")
            chosen.setdefault(file, []).append(cell.id)
    lost = chosen.pop("", [])
    for file, cells in chosen.items():
        only = [word for cell in dict.fromkeys(cells) for word in ("--only", cell)]
        yield shlex.join(["trt-matrix", "run", *only, *_matrix(Path(file)), *asked.place])
    for name in dict.fromkeys(lost):
        yield f"# {name} is in no matrix file here any more; name the one that has it with trt-matrix run --matrix"


def _cells(matrix: Path) -> frozenset[str]:
    """The cells that a matrix file has now; none where it cannot be read."""
    found: set[str] = set()
    with suppress(HarnessError, OSError):
        expanded = expand(load(matrix), ".".join(platform.python_version_tuple()[:2]))
        found |= {cell.cell.id for cell in expanded.cells}
    return frozenset(found)


def _matrix(file: Path) -> list[str]:
    return ["--matrix", str(file)] if file != MATRIX else []


def _taken_out(after: Made, asked: Asked) -> Iterator[str]:
    """The first broken case that can stand alone; where none can, the first is looked at."""
    results = after.side.results
    broken = [(cell, case) for cell in results.cells for case in cell.cases if case.outcome in BAD]
    for cell, case in broken:
        folder = after.folder(cell.id, case.id)
        if folder and repro.possible(repro.Subject(results, cell, case, folder)):
            name = f"{cell.id}::{case.id}"
            yield shlex.join(["trt-matrix", "repro", name, "--run", after.side.proof(cell, case).run, *asked.place])
            return
    kept = [(cell, case) for cell, case in broken if after.folder(cell.id, case.id)]
    for cell, case in kept[:1]:
        run = after.side.proof(cell, case).run
        yield shlex.join(["trt-matrix", "show", f"{cell.id}::{case.id}", "--run", run, *asked.place])
