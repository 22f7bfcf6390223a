"""The confusion tables of the labelled logs: ``python -m benchmarks.labelled``, ``--write`` into docs/findings.md."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from tabulate import tabulate

from harness.findings.classify import classify_text
from harness.findings.rules import by_id
from tests.labelled.logs import labelled, render

CLEAN = "(clean)"
HALVES = (
    "real",
    "known",
    "heldout",
    "unseen",
    "fresh",
    "gathered",
    "batch-1",
    "batch-2",
    "batch-3",
    "batch-4",
    "sealed",
    "final",
    "widened",
    "last",
    "closing",
    "drawn",
    "drawn-2",
    "drawn-3",
    "drawn-4",
    "drawn-5",
    "holdout",
    "holdout-2",
    "holdout-3",
)
PAGE = Path(__file__).resolve().parent.parent / "docs" / "findings.md"
# The tables are the rest of the page.
MARK = "<!-- written by `python -m benchmarks.labelled --write` -->\n"


def main() -> None:
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(PAGE.read_text().partition(MARK)[0] + MARK + tables())
    else:
        print(tables(), end="")


def tables() -> str:
    return "".join(f"\n{half}:\n\n{table(half)}\n" for half in HALVES)


def table(half: str) -> str:
    """By family: right, missed, wrongly found."""
    right, missed, extra = Counter[str](), Counter[str](), Counter[str]()
    for log in labelled(half):
        found = {finding.rule for finding in classify_text(render(log)).findings}
        wanted = set(log.expect)
        if not wanted and not found:
            right[CLEAN] += 1
        right.update(map(family, found & wanted))
        missed.update(map(family, wanted - found))
        extra.update(map(family, found - wanted))
    rows = [[name, right[name], missed[name], extra[name]] for name in sorted(right | missed | extra)]
    rows.append(
        ["all but clean", *(sum(n for name, n in kind.items() if name != CLEAN) for kind in (right, missed, extra))]
    )
    return tabulate(rows, headers=["family", "right", "missed", "wrongly found"], tablefmt="github")


def family(rule: str) -> str:
    return by_id()[rule].family if rule in by_id() else rule


if __name__ == "__main__":
    main()
