"""What TensorRT's log says of weights that it converted, in the wordings of each era, as one finding a kind.

8.4 prints a block per weight, again for each tactic: a header with the name and a line per issue. 8.5 and later
print counts, and the names only in verbose logs, in the line after the count.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.evidence.records import Facts
from harness.findings.matched import Fact, Match

HEADER = "fp16-weights-header-perweight"
LIST = "fp16-affected-list-verbose"
# An issue stands at most so many lines below its header, or a list below its count.
_NEAR = 8


@dataclass(slots=True)
class _Counted:
    """A kind of issue in the era of counts: one number a build."""

    numbers: list[int] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)

    def facts(self) -> Facts:
        """A log of several builds tells several counts: the largest stands for it, all are kept."""
        facts: Facts = {"weights": max(self.numbers)}
        if self.names:
            facts["names"] = list(self.names)
        if len(self.numbers) > 1:
            facts["counts"] = list(self.numbers)
        return facts


@dataclass(slots=True)
class WeightsLog:
    """Takes the matches of the families of weights in the log's order."""

    _header: Match | None = None
    _summary: Match | None = None
    _blocks: dict[str, dict[str, int]] = field(default_factory=dict)
    _counts: dict[str, _Counted] = field(default_factory=dict)

    def add(self, match: Match) -> None:
        rule = match.rule.id if match.rule else ""
        if rule == HEADER:
            self._header = match
        elif rule.endswith("-perweight") and self._header and match.line - self._header.line <= _NEAR:
            seen = self._blocks.setdefault(rule, {})
            name = str(self._header.facts.get("weight", ""))
            seen[name] = seen.get(name, 0) + match.times
        elif "weights" in match.facts:
            self._summary = match
            self._counts.setdefault(rule, _Counted()).numbers.extend([_number(match.facts["weights"])] * match.times)
        elif rule == LIST:
            self._list(match)

    def _list(self, match: Match) -> None:
        if self._summary and self._summary.rule and match.line - self._summary.line <= _NEAR:
            names = match.facts.get("names")
            self._counts[self._summary.rule.id].names.update(dict.fromkeys(names if isinstance(names, list) else []))

    def facts(self) -> dict[str, Facts]:
        """By rule: how many weights, and their names where the log has them."""
        told: dict[str, Facts] = {rule: counted.facts() for rule, counted in self._counts.items()}
        for rule, seen in self._blocks.items():
            told[rule] = {"weights": len(seen), "names": list(seen), "occurrences": sum(seen.values())}
        return told


def _number(value: Fact) -> int:
    return value if isinstance(value, int) else 0
