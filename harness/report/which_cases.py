"""Which cases they are, in a few words: recipes, routes, targets, models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.report.releases import Place

_MOST = 3


def which_cases(places: Sequence[Place]) -> str:
    """``int8-qdq by host-decode and onnx, for sm86 and sm89, of mine and 2 other models``."""
    cases = [case for _, case in places]
    targets = _listed(case.target for case in cases)
    parts = (
        f"{_listed(case.recipe for case in cases)} by {_listed(case.route for case in cases)}",
        "" if targets == "device" else f"for {targets}",
        f"of {_listed((case.subject for case in cases), 'models')}",
    )
    return ", ".join(filter(None, parts))


def _listed(words: Iterable[str], noun: str = "") -> str:
    names = list(dict.fromkeys(words))
    more = len(names) - _MOST
    if more > 1:
        return f"{', '.join(names[:_MOST])} and {more} other{f' {noun}' if noun else 's'}"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
