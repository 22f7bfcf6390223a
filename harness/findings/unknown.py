"""Errors that no rule knows: never dropped, put together by what they have in common."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from harness.findings.lines import message
from harness.findings.matched import Match

# More kinds than this in one log are counted as one: a hostile log must not fill the memory.
_KINDS = 200
_PLACES = 5
_NORMAL = (
    (re.compile(r"0[xX][0-9a-fA-F]+"), "<hex>"),
    (re.compile(r"(?:[A-Za-z]:)?(?:[\\/][\w.+@~-]+){2,}"), "<path>"),
    (re.compile(r"'[^']{1,200}'|\"[^\"]{1,200}\""), "<name>"),
    (re.compile(r"\d+(?:\.\d+)*"), "<n>"),
    (re.compile(r"\s+"), " "),
)
OTHERS = "(further kinds)"


def normal_form(text: str) -> str:
    """The message without what differs from one time to the next: numbers, addresses, paths, quoted names."""
    form = message(text)[:300]
    for pattern, word in _NORMAL:
        form = pattern.sub(word, form)
    return form.strip()


@dataclass(slots=True)
class Cluster:
    first: Match
    count: int = 0
    matches: list[Match] = field(default_factory=list)


@dataclass(slots=True)
class Unknown:
    """All unknown errors of a log, by their normal form, in the order of the log."""

    clusters: dict[str, Cluster] = field(default_factory=dict)

    def add(self, match: Match) -> None:
        form = normal_form(match.text)
        if form not in self.clusters and len(self.clusters) >= _KINDS:
            form = OTHERS
        cluster = self.clusters.setdefault(form, Cluster(match))
        cluster.count += match.times
        if len(cluster.matches) < _PLACES:
            cluster.matches.append(match)
