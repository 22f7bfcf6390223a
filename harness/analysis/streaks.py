"""How long a case has been as it is, and whether it can be relied on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.analysis.timelines import Seen
from harness.evidence.records import BAD, Outcome

_LOOKED_AT = 30
_FLIPS = 3


@dataclass(frozen=True, slots=True)
class Streak:
    """``nights`` executed nights in a row, since the night at ``since``, with one outcome."""

    outcome: Outcome
    since: int
    nights: int


def streak(seen: Sequence[Seen]) -> Streak | None:
    """The present one; nights in which the case did not run are passed over."""
    ran = [each for each in seen if each.case.outcome.executed]
    if not ran:
        return None
    last = ran[-1].case.outcome
    length = next((n for n, each in enumerate(reversed(ran)) if each.case.outcome is not last), len(ran))
    return Streak(last, ran[-length].night, length)


def flips(seen: Sequence[Seen]) -> int:
    """How often, in the last 30 executed nights, the outcome went from good to bad or back with the same inputs."""
    ran = [each for each in seen if each.case.outcome.executed][-_LOOKED_AT:]
    return sum(
        (one.case.outcome in BAD) != (two.case.outcome in BAD)
        for one, two in pairwise(ran)
        if one.case.key == two.case.key and one.cell.id == two.cell.id
    )


def flaky(seen: Sequence[Seen]) -> bool:
    """Three flips or more: broken and mended once is a story, not a flake."""
    return flips(seen) >= _FLIPS
