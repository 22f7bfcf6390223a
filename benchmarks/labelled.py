"""The confusion table of the labelled logs, as docs/findings.md has it: ``python -m benchmarks.labelled``."""

from __future__ import annotations

from collections import Counter

from tabulate import tabulate

from harness.findings.classify import classify_text
from harness.findings.rules import by_id
from tests.labelled.logs import labelled, render

CLEAN = "(clean)"


def main() -> None:
    for half in ("real", "known", "heldout", "unseen", "fresh"):
        print(f"{half}:\n{table(half)}\n")


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
