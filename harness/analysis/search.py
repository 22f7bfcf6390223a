"""Search the first bad (or first good) of ordered points by as few probes as can be.

A pure state machine: it asks for a probe and is told the result; who runs it is not its business. It steps round
points that cannot run, repeats those that contradict themselves, and where the series turns out not to be
monotonic it says so and looks at every point instead of trusting a bisection.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from math import ceil, log2


class Result(StrEnum):
    GOOD = "good"
    BAD = "bad"
    SKIPPED = "skipped"


# More agreeing than disagreeing results of a point that has contradicted itself: at 20 % wrong results one point
# in 257 is then still judged wrongly (gambler's ruin with odds 1:4, four ahead).
_LEAD = 4
# A point with this many results and no lead is not decidable.
_MOST = 25


@dataclass
class Memory:
    """All results so far, by point; filled by earlier searches and by the history.

    ``distrust``: no single result is believed from the beginning, for what is known to be flaky.
    """

    results: dict[str, list[Result]] = field(default_factory=dict)
    distrust: bool = False

    def add(self, point: str, result: Result) -> None:
        self.results.setdefault(point, []).append(result)

    def flaky(self, point: str) -> bool:
        return len(set(self.results.get(point, ())) - {Result.SKIPPED}) > 1

    def any_flaky(self) -> bool:
        return any(self.flaky(point) for point in self.results)

    def verdict(self, point: str) -> Result | None:
        """``None`` while it is not settled: nothing known, or contradicting results without a clear lead.

        What ran elsewhere stays known where it cannot be repeated: a GPU's runs, read on a host without one.
        """
        told = self.results.get(point, [])
        lead = _lead(told)
        if abs(lead) < self._needed():
            return Result.SKIPPED if Result.SKIPPED in told or len(told) >= _MOST else None
        return Result.BAD if lead > 0 else Result.GOOD

    def _needed(self) -> int:
        """One result is enough until any point contradicts itself: then none is to be trusted alone."""
        return _LEAD if self.distrust or self.any_flaky() else 1


def _lead(told: Sequence[Result]) -> int:
    return sum({Result.BAD: 1, Result.GOOD: -1, Result.SKIPPED: 0}[result] for result in told)


@dataclass(frozen=True, slots=True)
class Report:
    """``changes``: neighbouring points that could run with different verdicts, in order; none or one if monotonic.

    ``between`` holds the points between the two that cannot run: any of them may be the first.
    """

    verdicts: Mapping[str, Result]
    changes: tuple[Change, ...]
    monotonic: bool
    whole: bool
    flaky: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """From the last point with the old verdict to the first with the new one."""

    last: str
    first: str
    to: Result
    between: tuple[str, ...]


def expected_probes(points: int) -> int:
    """Of a monotonic series without holes: both ends, the halving, and the two neighbours once more."""
    return points if points <= 1 else 2 + ceil(log2(points - 1)) + 2


def search(points: Sequence[str], memory: Memory, *, whole: bool = False) -> Generator[str, Result, Report]:
    """Yields the point to probe next, takes its result, returns the Report. ``whole``: probe every point.

    Known results in ``memory`` are not asked for again; new ones are added to it.
    """
    if not whole:
        whole = yield from _bisect(points, memory)
    if whole or not _monotonic(points, memory):
        whole = True
        yield from _look_at_all(points, memory)
    return _report(points, memory, whole=whole)


def _look_at_all(points: Sequence[str], memory: Memory) -> Generator[str, Result, None]:
    """Settle every point, and believe no change before both its sides were seen twice."""
    alone: list[str] = [""]
    while alone:
        for point in points:
            yield from _settle(point, memory)
        known = _known(points, memory)
        sides = [point for one, two in pairwise(known) if one[1] is not two[1] for point in (one[0], two[0])]
        alone = [point for point in dict.fromkeys(sides) if len(memory.results[point]) < 2]
        for point in alone:
            yield from _probe(point, memory)


def _bisect(points: Sequence[str], memory: Memory) -> Generator[str, Result, bool]:
    """True where both ends are alike, or the series is not monotonic: then only looking at all points helps."""
    low = yield from _first_that_runs(list(points), memory)
    high = yield from _first_that_runs(list(reversed(points)), memory)
    if low is None or high is None or memory.verdict(low) is memory.verdict(high):
        return True
    confirmed = 0
    while True:
        low, high = _tightest(points, memory, low, high)
        middle = _middle(points, memory, low, high)
        if middle is not None:
            yield from _settle(middle, memory)
        elif confirmed < 2:
            confirmed += 1
            yield from _probe((low, high)[confirmed - 1], memory)
            for point in (low, high):
                yield from _settle(point, memory)
        else:
            return not _monotonic(points, memory)
        ends = (memory.verdict(low), memory.verdict(high))
        if not _monotonic(points, memory) or ends[0] is ends[1]:
            return True


def _tightest(points: Sequence[str], memory: Memory, low: str, high: str) -> tuple[str, str]:
    """The narrowest neighbours of different verdicts within the bounds, by all that is known."""
    inside = points[points.index(low) : points.index(high) + 1]
    known = [point for point in inside if memory.verdict(point) in (Result.GOOD, Result.BAD)]
    return next(
        ((one, two) for one, two in pairwise(known) if memory.verdict(one) is not memory.verdict(two)), (low, high)
    )


def _middle(points: Sequence[str], memory: Memory, low: str, high: str) -> str | None:
    """The point nearest to the middle of those not settled yet."""
    start, end = points.index(low), points.index(high)
    inside = [at for at in range(start + 1, end) if memory.verdict(points[at]) is None]
    return points[min(inside, key=lambda at: abs(2 * at - start - end))] if inside else None


def _first_that_runs(points: Sequence[str], memory: Memory) -> Generator[str, Result, str | None]:
    for point in points:
        verdict = yield from _settle(point, memory)
        if verdict is not Result.SKIPPED:
            return point
    return None


def _settle(point: str, memory: Memory) -> Generator[str, Result, Result]:
    """Probe a point until its verdict stands."""
    while (verdict := memory.verdict(point)) is None:
        yield from _probe(point, memory)
    return verdict


def _probe(point: str, memory: Memory) -> Generator[str, Result, None]:
    memory.add(point, (yield point))


def _known(points: Sequence[str], memory: Memory) -> list[tuple[str, Result]]:
    found = [(point, memory.verdict(point)) for point in points]
    return [(point, verdict) for point, verdict in found if verdict in (Result.GOOD, Result.BAD)]


def _monotonic(points: Sequence[str], memory: Memory) -> bool:
    verdicts = [verdict for _, verdict in _known(points, memory)]
    return sum(one is not two for one, two in pairwise(verdicts)) <= 1


def _report(points: Sequence[str], memory: Memory, *, whole: bool) -> Report:
    known = _known(points, memory)
    changes = [
        Change(one, two, verdict, tuple(points[points.index(one) + 1 : points.index(two)]))
        for (one, before), (two, verdict) in pairwise(known)
        if before is not verdict
    ]
    return Report(
        verdicts={point: verdict for point in points if (verdict := memory.verdict(point)) is not None},
        changes=tuple(changes),
        monotonic=len(changes) <= 1,
        whole=whole,
        flaky=tuple(point for point in points if memory.flaky(point)),
    )
