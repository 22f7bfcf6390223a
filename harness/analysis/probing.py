"""What a search asks of a case, and what it remembers on disk."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from harness.analysis.numbers import counts, values
from harness.analysis.search import Memory, Result
from harness.evidence.records import BAD, CaseRecord, CellRecord, Record


@dataclass(frozen=True, slots=True)
class Condition:
    """What makes a point bad: a finding (pattern of rule ids), an outcome, a number above a limit; else any failure."""

    finding: str = ""
    outcome: str = ""
    above: tuple[str, float] | None = None

    def __str__(self) -> str:
        words = [f"finding {self.finding}"] if self.finding else []
        words += [f"outcome {self.outcome}"] if self.outcome else []
        words += [f"{self.above[0]} above {self.above[1]:g}"] if self.above else []
        return " and ".join(words) or "any failure"

    def judge(self, case: CaseRecord) -> Result:
        """A case that did not run tells nothing."""
        if not case.outcome.executed:
            return Result.SKIPPED
        if self.above and self.above[0] not in numbers(case):
            return Result.SKIPPED
        asked = [
            not self.finding or any(fnmatchcase(f.rule, self.finding) for f in case.findings if not f.predicted),
            not self.outcome or case.outcome.value == self.outcome,
            not self.above or numbers(case)[self.above[0]] > self.above[1],
            bool(self.finding or self.outcome or self.above) or case.outcome in BAD,
        ]
        return Result.BAD if all(asked) else Result.GOOD

    def seen(self, cell: CellRecord, case: CaseRecord) -> str:
        """What a reader wants to know of a point: the cell, and the number that is asked for."""
        value = numbers(case).get(self.above[0]) if self.above else None
        return cell.id if value is None else f"{cell.id}, {value:,.6g}"


def numbers(case: CaseRecord) -> dict[str, float]:
    """Everything of a case that has a number, by the names that the dashboard shows."""
    return counts(case) | values(case)


class Remembered(Record, frozen=True, kw_only=True):
    """One probe: the run that it was, for its evidence."""

    point: str
    result: Result
    run: str


class Notebook:
    """The probes of one search, in a file of a line each, written as they come: a stop loses none."""

    def __init__(self, folder: Path, *about: str) -> None:
        name = hashlib.sha256("\0".join(about).encode()).hexdigest()[:16]
        self.path = folder / f"{name}.jsonl"
        self.probes = self._read()

    def _read(self) -> list[Remembered]:
        if not self.path.is_file():
            return []
        lines = self.path.read_bytes().splitlines()
        return [probe for line in lines if (probe := _decoded(line)) is not None]

    def add(self, probe: Remembered) -> None:
        self.probes.append(probe)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.write(msgspec.json.encode(probe) + b"\n")

    def forget(self) -> None:
        self.probes = []
        self.path.unlink(missing_ok=True)

    def memory(self, *, distrust: bool) -> Memory:
        memory = Memory(distrust=distrust)
        for probe in self.probes:
            memory.add(probe.point, probe.result)
        return memory

    def runs_of(self, point: str) -> list[str]:
        """What the verdict rests on; runs that could not run the case only where no other is."""
        found = [probe for probe in self.probes if probe.point == point]
        judged = [probe for probe in found if probe.result is not Result.SKIPPED]
        return [probe.run for probe in judged or found]


def _decoded(line: bytes) -> Remembered | None:
    """``None`` for a line that a stop cut short."""
    try:
        return msgspec.json.decode(line, type=Remembered)
    except msgspec.DecodeError:
        return None
