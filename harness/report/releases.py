"""Which release brought a finding: the releases of one flavour in order, with what this run saw in each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.evidence.records import BAD, CaseRecord, CellRecord, Stage
from harness.report.grid import shadowed
from harness.versions import Version
from harness.wording import listed

# A case of a cell: what a finding is about.
Place = tuple[CellRecord, CaseRecord]
_STAGES = list(Stage)


class Sight(StrEnum):
    """What this run knows of a finding in a release."""

    SEEN = "seen"
    UNSAID = "unsaid"
    MUTE = "mute"
    WITHOUT = "without"
    OTHERWISE = "failed otherwise"
    PREDICTED = "predicted"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class ReleaseSight:
    flavour: str
    version: str
    sight: Sight
    cells_seen: int = 0
    cells_ran: int = 0


def sights(rule: str, places: Sequence[Place], cells: Sequence[CellRecord]) -> list[ReleaseSight]:
    """Each release that has any of the same cases, in the order of versions, for each flavour that is affected."""
    flavours = dict.fromkeys(cell.flavour for cell, _ in places)
    affected = {case.id: _reached(case) for _, case in places}
    found: list[ReleaseSight | None] = []
    for flavour in flavours:
        by_version: dict[str, list[CellRecord]] = {}
        for cell in cells:
            if cell.flavour == flavour and not shadowed(cell):
                by_version.setdefault(cell.version, []).append(cell)
        versions = sorted(by_version, key=Version.parse)
        found += [_sight(rule, flavour, version, by_version[version], affected) for version in versions]
    return [sight for sight in found if sight is not None]


def sentence(found: Sequence[ReleaseSight]) -> str:
    """The answer to "which version broke it", no stronger than what ran allows."""
    return " ".join(_of_flavour(flavour, [s for s in found if s.flavour == flavour]) for flavour in _flavours(found))


def _reached(case: CaseRecord) -> int:
    """The stage at which the finding stood in a case. A case that did not break on it was built with it."""
    return _STAGES.index(case.stage if case.outcome in BAD else Stage.BUILD)


def _sight(
    rule: str, flavour: str, version: str, cells: Iterable[CellRecord], affected: Mapping[str, int]
) -> ReleaseSight | None:
    """``affected``: the cases that have the finding somewhere, and the stage at which they have it."""
    same = [(cell, case) for cell in cells for case in cell.cases if case.id in affected]
    if not same:
        return None
    ran = [(cell, case) for cell, case in same if case.outcome.executed]
    seen = {cell.id for cell, case in ran if _has(rule, case)}
    sight = Sight.SEEN if seen else _unseen(rule, same, ran, affected)
    return ReleaseSight(flavour, version, sight, len(seen), len({cell.id for cell, _ in ran}))


def _unseen(rule: str, same: Sequence[Place], ran: Sequence[Place], affected: Mapping[str, int]) -> Sight:
    if not ran:
        return Sight.PREDICTED if any(_has(rule, case, predicted=True) for _, case in same) else Sight.NOT_RUN
    # A case that ended on something else before, or as far on, says nothing about the finding.
    if all(case.outcome in BAD and _STAGES.index(case.stage) <= affected[case.id] for _, case in ran):
        return Sight.OTHERWISE
    # Only a rule about weights (``fp16-...``) can be kept quiet about: the audit then knows that they are still there.
    standings = {audit.standing for _, case in ran for audit in case.audit if rule.startswith(f"{audit.precision}-")}
    if "mute" in standings:
        return Sight.MUTE
    return Sight.UNSAID if "unsaid" in standings else Sight.WITHOUT


def _has(rule: str, case: CaseRecord, *, predicted: bool = False) -> bool:
    return any(finding.rule == rule and finding.predicted is predicted for finding in case.findings)


def _of_flavour(flavour: str, found: Sequence[ReleaseSight]) -> str:
    ran = [sight for sight in found if sight.cells_ran]
    seen = [sight for sight in ran if sight.sight is Sight.SEEN]
    if not seen:
        return f"None: seen only in cells that loaded another {flavour} than asked, which says nothing about a release."
    place = ran.index(seen[0])
    told = [sight for sight in ran[:place] if sight.sight is not Sight.OTHERWISE]
    before = told[-1] if told else None
    between = ran[ran.index(before) + 1 if before else 0 : place]
    words = [_first(flavour, before, [sight.version for sight in between], seen[0], len(ran))]
    later = [sight.version for sight in ran[place:] if sight.sight is Sight.WITHOUT]
    if later:
        words.append(f"{listed(later, most=None)} ran the same cases without it.")
    return " ".join(words)


def _first(flavour: str, before: ReleaseSight | None, between: Sequence[str], first: ReleaseSight, ran: int) -> str:
    """``before``: the last release that tells; ``between``: those after it that failed on something else."""
    name = f"{flavour} {first.version}"
    if before is None and ran == 1:
        return f"{name} is the only release that ran these cases, so this run cannot tell which one brought it."
    if before is None and between:
        return (
            f"First seen in {name}; {listed(between, most=None)} failed on something else, so this run cannot tell "
            "which release brought it."
        )
    if before is None:
        return f"Already in {name}, the oldest that ran these cases: none older ran here."
    if before.sight is not Sight.WITHOUT:
        return f"First said by {name}; {before.version} is only silent about it ({before.sight.value})."
    if between:
        span = f"{name}, or {listed(between, most=None)} which failed on something else,"
        return f"{span} broke it: {before.version} ran the same cases without it."
    return f"{name} broke it: {before.version} ran the same cases without it."


def _flavours(found: Iterable[ReleaseSight]) -> Iterator[str]:
    return iter(dict.fromkeys(sight.flavour for sight in found))
