"""The end of a search in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from harness.analysis.search import Report, Result
from harness.evidence.records import Record
from harness.neutral import one_line

_MARKS = {Result.GOOD: "○ good", Result.BAD: "▲ bad", Result.SKIPPED: "· cannot run"}


class FoundChange(Record, frozen=True, kw_only=True):
    last: str
    first: str
    to: Result
    between: list[str]
    with_it: list[str] = msgspec.field(default_factory=list)


class Found(Record, frozen=True, kw_only=True):
    """``series``: each point that was looked at with its verdict and the runs that are its evidence.

    ``seen``: what was seen at a point, in words; ``with_it`` of a change: what else changed there.
    """

    schema: str = "trt-matrix/search/1"
    condition: str
    monotonic: bool
    whole: bool
    flaky: list[str]
    changes: list[FoundChange]
    series: list[tuple[str, Result | None, list[str]]]
    seen: dict[str, str] = msgspec.field(default_factory=dict)

    @classmethod
    def of(
        cls,
        condition: str,
        points: Sequence[str],
        report: Report,
        runs_of: Callable[[str], list[str]],
        seen: Mapping[str, str],
        with_it: Callable[[str, str], list[str]],
    ) -> Found:
        return cls(
            condition=condition,
            monotonic=report.monotonic,
            whole=report.whole,
            flaky=list(report.flaky),
            changes=[
                FoundChange(
                    last=each.last,
                    first=each.first,
                    to=each.to,
                    between=list(each.between),
                    with_it=with_it(each.last, each.first),
                )
                for each in report.changes
            ],
            series=[(point, report.verdicts.get(point), runs_of(point)) for point in points],
            seen=dict(seen),
        )


def as_text(found: Found) -> str:
    """The answer first, then the series that it rests on."""
    lines = [_answer(found)]
    if not found.monotonic:
        lines.append("warning: the series is not monotonic; every point was looked at, see below")
    if found.flaky:
        lines.append(f"warning: contradicting results, repeated until one side led: {', '.join(found.flaky)}")
    lines += [
        f"cannot tell between {change.last} and {change.first}: {', '.join(change.between)} cannot run"
        for change in found.changes
        if change.between
    ]
    for change in found.changes:
        where = [f"  first seen in {found.seen[change.first]}"] if change.first in found.seen else []
        lines += [*where, *(f"  changed with it: {words}" for words in change.with_it)]
    width = max((len(point) for point, _, _ in found.series), default=0)
    marks = [_MARKS[verdict] if verdict else "  not looked at" for _, verdict, _ in found.series]
    wide = max(map(len, marks), default=0)
    lines += [
        f"  {point:{width}}  {mark:{wide}}  {' '.join(runs[-1:])}  {found.seen.get(point, '')}".rstrip()
        for mark, (point, _, runs) in zip(marks, found.series, strict=True)
    ]
    return "\n".join(map(one_line, lines)) + "\n"


def _answer(found: Found) -> str:
    if not found.changes:
        verdicts = {verdict for _, verdict, _ in found.series if verdict in (Result.GOOD, Result.BAD)}
        what = {Result.GOOD: "never seen", Result.BAD: "seen wherever it could run"}
        return f"{found.condition}: {what[verdicts.pop()] if len(verdicts) == 1 else 'nothing could run'}"
    words = [f"first {change.to} {change.first} (last {_other(change.to)} {change.last})" for change in found.changes]
    return f"{found.condition}: {'; '.join(words)}"


def _other(result: Result) -> Result:
    return Result.GOOD if result is Result.BAD else Result.BAD
