"""Which cases they are, in a few words: recipes, routes, targets, models."""

from __future__ import annotations

from collections.abc import Sequence

from harness.report.releases import Place
from harness.wording import listed


def which_cases(places: Sequence[Place]) -> str:
    """``int8-qdq by host-decode and onnx, for sm86 and sm89, of mine and 2 other models``."""
    cases = [case for _, case in places]
    targets = listed(case.target for case in cases)
    parts = (
        f"{listed(case.recipe for case in cases)} by {listed(case.route for case in cases)}",
        "" if targets == "device" else f"for {targets}",
        f"of {listed((case.subject for case in cases), 'models')}",
    )
    return ", ".join(filter(None, parts))
