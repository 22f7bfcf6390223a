"""A made-up history to look at and to test the dashboard with. Nothing in it was measured; its label says so.

The release moves at a third and at two thirds; one model's weights get worse past the middle; one case breaks with
the last release; one is flaky; one crashes last night.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from harness.evidence.records import CaseRecord, Results
from tests import nights

SUBJECTS = ("retina-640", "retina-320", "resnet50", "densenet", "vgg19")
RECIPES = ("fp32", "fp16-typed", "bf16-typed", "int8-qdq")
TARGETS = ("sm86", "sm89")


@dataclass(frozen=True)
class Story:
    """``lanes`` cells a night with ``cases`` cases each, over ``length`` nights."""

    length: int = 60
    lanes: int = 2
    cases: int = 16
    seed: int = 1

    @property
    def worse_at(self) -> int:
        """The night from which one model's weights are worse."""
        return self.length * 55 // 100

    def version(self, day: int) -> str:
        return ("1.5.0", "1.6.1", "1.7.1")[min(3 * day // self.length, 2)]

    def night(self, day: int) -> Results:
        chance = random.Random(self.seed * 100_003 + day)
        cells = [
            nights.cell(
                self.version(day), [self._case(n, day, chance) for n in range(self.cases)], cuda=f"{12 + lane}.0"
            )
            for lane in range(self.lanes)
        ]
        return nights.run(cells, day)

    def _case(self, number: int, day: int, chance: random.Random) -> CaseRecord:
        subject = SUBJECTS[number // 8 % len(SUBJECTS)] + (f"-v{number // 40}" if number >= 40 else "")
        recipe, target = RECIPES[number % 4], TARGETS[number // 4 % 2]
        below = 73 if day < self.worse_at or number >= 8 else 128
        half = recipe == "fp16-typed"
        return nights.case(
            f"{subject}.onnx.{recipe}.{target}",
            self._outcome(number, day, chance),
            reason="Assertion scales.size() == 1 failed" if number == 3 and self.version(day) == "1.7.1" else "",
            findings=[nights.finding(weights=below + 27, below=below)] if half else [],
            audit=[nights.audit(below)] if half else [],
            steps_s={"build": 1.7 + chance.gauss(0, 0.08)},
            engine_bytes=2_400_000 + number * 10_000 + (day * 3 // self.length) * 180_000,
            metrics={"latency_ms": (1.2 if day < self.length // 2 else 1.45) + chance.gauss(0, 0.015), "ap50": 0.93},
            key=f"{subject}-{below}-{self.version(day)}",
            evidence=f"evidence/cell/{number}",
        )

    def _outcome(self, number: int, day: int, chance: random.Random) -> str:
        if number == 3 and self.version(day) == "1.7.1":
            return "failed"
        if number == 6 and chance.random() < 0.25:
            return "failed"
        if number == 8 and day == self.length - 1:
            return "crashed"
        if day % 17 == 5 and number % 5 == 0:
            return "not-run"
        return "warned" if RECIPES[number % 4] == "fp16-typed" else "passed"
