"""Whether two measurements were made under conditions that allow to compare them."""

from __future__ import annotations

from harness.analysis.numbers import Family, measure_of
from harness.analysis.pairs import CasePair
from harness.evidence.records import CaseRecord, RunInfo


def reason_not_comparable(family: Family, two: CasePair, before: RunInfo, after: RunInfo) -> str:
    """Why a number's change says nothing; empty where it may be compared."""
    if not family.timed or two.old is None or two.new is None:
        return ""
    if two.old.reused_from or two.new.reused_from:
        return "one side was reused from an earlier run"
    return _other_gpu(two) or _other_clocks(two.old, two.new) or _other_host(family, before, after)


def _other_gpu(two: CasePair) -> str:
    old, new = (cell.attestation if cell else None for cell in (two.cells.before, two.cells.after))
    if old and new and old.gpus != new.gpus:
        return f"other GPU ({', '.join(old.gpus) or 'none'}; {', '.join(new.gpus) or 'none'})"
    return ""


def _other_clocks(old: CaseRecord, new: CaseRecord) -> str:
    """Clocks are metrics whose name has ``clock``; beyond 3 % a timing is another measurement."""
    for name in sorted(old.metrics.keys() | new.metrics.keys()):
        measure = measure_of(name)
        if measure.family is not Family.CLOCK:
            continue
        one, two = old.metrics.get(name), new.metrics.get(name)
        if one is None or two is None:
            return f"{name} was recorded on one side only"
        if abs(one - two) > measure.relative * max(abs(one), abs(two)):
            return f"other clocks ({name} {one:.0f}; {two:.0f})"
    return ""


def _other_host(family: Family, before: RunInfo, after: RunInfo) -> str:
    """A build's time is the host's; a latency is the GPU's."""
    if family is not Family.BUILD_TIME:
        return ""
    one, two = before.host, after.host
    same = (one.machine, one.cores, one.memory_bytes // 2**30) == (two.machine, two.cores, two.memory_bytes // 2**30)
    return "" if same else f"other host ({one.cores} cores; {two.cores} cores)"
