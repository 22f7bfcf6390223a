"""Sentences of a triage, each with what it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from harness.analysis.alike import merged
from harness.analysis.case_changes import Side
from harness.analysis.changes import Proof
from harness.evidence.records import CaseRecord, CellRecord, Finding, Record

MOST_PROOFS = 8


class Statement(Record, frozen=True, kw_only=True):
    """One sentence with what it rests on: places in runs, or the sources of a fact.

    ``predicted``: nothing ran. ``quote``: the line of the log that it was read from, of the first case.
    """

    text: str
    cases: list[str] = msgspec.field(default_factory=list)
    proofs: list[Proof] = msgspec.field(default_factory=list)
    sources: list[str] = msgspec.field(default_factory=list)
    predicted: bool = False
    quote: str = ""


class Section(Record, frozen=True, kw_only=True):
    """``none``: what to say where there is nothing to state, resting on ``proofs`` or ``sources``."""

    title: str
    none: str
    statements: list[Statement]
    proofs: list[Proof] = msgspec.field(default_factory=list)
    sources: list[str] = msgspec.field(default_factory=list)


@dataclass
class _Group:
    """The same sentence about several cases."""

    cases: list[str] = field(default_factory=list)
    proofs: list[Proof] = field(default_factory=list)
    predicted: bool = False


def grouped(stated: Iterable[tuple[str, str, Proof, bool]]) -> list[Statement]:
    """One statement for each sentence; the widest first."""
    groups: dict[str, _Group] = {}
    for text, case, proof, predicted in stated:
        group = groups.setdefault(text, _Group())
        group.cases.append(case)
        group.predicted |= predicted
        if proof.run:
            group.proofs.append(proof)
    ordered = sorted(groups.items(), key=lambda item: (item[1].predicted, -len(item[1].cases)))
    return [
        Statement(text=text, cases=group.cases, proofs=group.proofs[:MOST_PROOFS], predicted=group.predicted)
        for text, group in ordered
    ]


def alike(statements: Sequence[Statement]) -> list[Statement]:
    """Those that differ in numbers alone as one, with the range of each number."""
    by_text = {each.text: each for each in statements}
    told = []
    for text, same in merged(by_text):
        those = [by_text[each] for each in same]
        cases = list(dict.fromkeys(case for each in those for case in each.cases))
        proofs = list(dict.fromkeys(proof for each in those for proof in each.proofs))
        told.append(msgspec.structs.replace(those[0], text=text, cases=cases, proofs=proofs[:MOST_PROOFS]))
    return told


def each_case(side: Side) -> Iterator[tuple[CellRecord, CaseRecord]]:
    return ((cell, case) for cell in side.results.cells for case in cell.cases)


def case_names(side: Side) -> set[str]:
    """Of each case that the side has in any cell, run or not."""
    return {case.id for _, case in each_case(side)}


def proof_of(side: Side, cell: CellRecord, case: CaseRecord, finding: Finding | None = None) -> Proof:
    place = side.proof(cell, case)
    own = finding.evidence[0] if finding and finding.evidence else None
    return Proof(run=place.run, path=own.file, line=own.line) if own else place
