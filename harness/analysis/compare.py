"""Compare two sets of records: what broke, was fixed, warns, fell silent, and what moved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from harness.analysis.case_changes import Side, changes_of
from harness.analysis.changes import Change, Comparison, Kind, Suspect
from harness.analysis.pairs import CasePair, Pair, pairs
from harness.analysis.suspects import changed_with
from harness.analysis.timelines import Night, Seen
from harness.evidence.records import CellRecord

Matched = Callable[[Sequence[CellRecord], Sequence[CellRecord]], list[Pair]]
_ORDER = {kind: place for place, kind in enumerate(Kind)}


def _never(_change: Change) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What is asked of a comparison.

    ``tolerances``: relative, by the value's name or family (``latency``: 0.03). ``waived`` says why a
    change is expected, or nothing. ``matched`` decides which cells belong together.
    """

    tolerances: Mapping[str, float] = field(default_factory=dict)
    waived: Callable[[Change], str] = _never
    matched: Matched = pairs


def compare(before: Side, after: Side, rules: Rules | None = None) -> Comparison:
    """All differences, the pressing first."""
    rules = rules or Rules()
    found: list[Change] = []
    with_it: dict[str, list[str]] = {}
    compared = 0
    for pair in rules.matched(before.results.cells, after.results.cells):
        for two in _case_pairs(pair):
            compared += bool(two.old and two.new and two.old.outcome.executed and two.new.outcome.executed)
            changes = changes_of(two, before, after, rules.tolerances)
            found += changes
            for words in _suspects(two, before, after) if changes else ():
                with_it.setdefault(words, []).append(f"{changes[0].cell} / {two.name}")
    waived = [msgspec.structs.replace(change, waived=rules.waived(change)) for change in found]
    ordered = sorted(waived, key=lambda c: (bool(c.waived), not c.worse, _ORDER[c.kind], c.cell, c.case, c.name))
    suspects = [Suspect(text=text, cases=cases) for text, cases in with_it.items()]
    return Comparison(before=before.title, after=after.title, compared=compared, changes=ordered, with_it=suspects)


def _suspects(two: CasePair, before: Side, after: Side) -> Iterable[str]:
    """What else changed between the two runs of a case that has changed."""
    cells = two.cells
    if two.old is None or two.new is None or cells.before is None or cells.after is None:
        return ()
    nights = (Night(0, before.results.run), Night(1, after.results.run))
    return changed_with(Seen(0, cells.before, two.old), Seen(1, cells.after, two.new), nights)


def _case_pairs(pair: Pair) -> list[CasePair]:
    old = {case.id: case for case in pair.before.cases} if pair.before else {}
    new = {case.id: case for case in pair.after.cases} if pair.after else {}
    return [CasePair(pair, name, old.get(name), new.get(name)) for name in old | new]
