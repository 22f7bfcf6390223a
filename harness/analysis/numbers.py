"""The numbers of a case under one name each, and what a change of each means."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import hypot, isfinite
from statistics import median

from harness.evidence.records import CaseRecord

# Makes the median absolute deviation comparable with a standard deviation (normal distribution).
_MAD_SCALE = 1.4826
_SPREADS = 3.0


class Sense(StrEnum):
    """Which way is better."""

    LOWER = "lower"
    HIGHER = "higher"
    NONE = "none"


class Family(StrEnum):
    COUNT = "count"
    ACCURACY = "accuracy"
    LATENCY = "latency"
    BUILD_TIME = "build time"
    ENGINE = "engine"
    CLOCK = "clock"
    OTHER = "other"

    @property
    def timed(self) -> bool:
        return self in (Family.LATENCY, Family.BUILD_TIME)


@dataclass(frozen=True, slots=True)
class Measure:
    """How a number is judged: a change counts past ``relative`` of the old value and past ``absolute``."""

    family: Family
    sense: Sense
    relative: float = 0.0
    absolute: float = 0.0


# First match wins; a name is that of the metric, of a step, or ``rule.fact`` and ``precision.count``.
_MEASURES: tuple[tuple[re.Pattern[str], Measure], ...] = tuple(
    (re.compile(pattern), measure)
    for pattern, measure in (
        (r"(^|[_.])clock", Measure(Family.CLOCK, Sense.NONE, 0.03)),
        (r"^(duration|step\.)", Measure(Family.BUILD_TIME, Sense.LOWER, 0.30, 1.0)),
        (r"_mad_ms$", Measure(Family.OTHER, Sense.NONE, 1.0)),
        (r"(throughput|fps|qps)", Measure(Family.LATENCY, Sense.HIGHER, 0.05)),
        (r"(latency|_[mun]s$|_s$|seconds)", Measure(Family.LATENCY, Sense.LOWER, 0.05, 0.0)),
        (r"(err|diff|change|rmse|mse|nme|loss)", Measure(Family.ACCURACY, Sense.LOWER, 0.10, 1e-6)),
        (r"cosine", Measure(Family.ACCURACY, Sense.HIGHER, 0.0, 0.001)),
        (r"(^|_)(m?ap\d*|easy|medium|hard|iou|recall|precision|f1|accuracy|matched)(_|$)",
         Measure(Family.ACCURACY, Sense.HIGHER, 0.0, 0.005)),
        (r"^engine_bytes$", Measure(Family.ENGINE, Sense.NONE, 0.02)),
        (r"^(layers|layers\..*)$", Measure(Family.ENGINE, Sense.NONE)),
    )
)  # fmt: skip
_COUNT = Measure(Family.COUNT, Sense.LOWER)
_OTHER = Measure(Family.OTHER, Sense.NONE, 0.05)
_AUDIT = (
    "subnormal_blobs",
    "subnormal_elements",
    "below_blobs",
    "below_elements",
    "overflow_blobs",
    "overflow_elements",
)


# Findings whose facts are the audit's own numbers: told once.
_OF_AUDIT = ("-weights-unsaid", "-weights-mute", "-weights-unknown")


def counts(case: CaseRecord) -> dict[str, float]:
    """What the rules and the weight audit counted: ``fp16-subnormal.weights``, ``fp16.below_blobs``."""
    found = {
        f"{finding.rule}.{name}": float(value)
        for finding in case.findings
        if not finding.predicted and not finding.rule.endswith(_OF_AUDIT)
        for name, value in finding.facts.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    return found | {f"{audit.precision}.{name}": float(getattr(audit, name)) for audit in case.audit for name in _AUDIT}


def values(case: CaseRecord) -> dict[str, float]:
    """What was measured: the metrics, ``step.build`` and its like, ``engine_bytes``, ``layers``."""
    found = dict(case.metrics) | {f"step.{name}": seconds for name, seconds in case.steps_s.items() if name == "build"}
    single = {"engine_bytes": case.engine_bytes, "layers": case.layers}
    found |= {name: float(value) for name, value in single.items() if value is not None}
    found |= {f"layers.{name}": float(number) for name, number in case.layer_precisions.items()}
    return {name: value for name, value in found.items() if isfinite(value)}


def measure_of(name: str, tolerances: Mapping[str, float] | None = None) -> Measure:
    """How a value of ``values`` is judged. ``tolerances`` (a name or a family: relative) come first."""
    measure = next((measure for pattern, measure in _MEASURES if pattern.search(name)), _OTHER)
    given = (tolerances or {}).get(name, (tolerances or {}).get(measure.family.value))
    return measure if given is None else Measure(measure.family, measure.sense, given, 0.0)


def count_measure() -> Measure:
    """Of the numbers of ``counts``: each change is told, more is worse."""
    return _COUNT


@dataclass(frozen=True, slots=True)
class Shift:
    """A change beyond tolerance, between medians."""

    before: float
    after: float
    worse: bool

    @property
    def relative(self) -> float | None:
        """Change as a share of the old value; ``None`` where that was 0."""
        return (self.after - self.before) / abs(self.before) if self.before else None


def shift(before: Sequence[float], after: Sequence[float], measure: Measure) -> Shift | None:
    """Compare repeats by their medians; ``None`` where the difference is within tolerance or spread.

    The spread is three scaled median absolute deviations of both sides together, so that one outlier
    neither hides a change nor makes one.
    """
    old, new = median(before), median(after)
    difference = abs(new - old)
    # Most neighbours are alike: the spread is worked out only where it can decide.
    if difference <= max(measure.relative * abs(old), measure.absolute):
        return None
    if difference <= _SPREADS * hypot(_deviation(before, old), _deviation(after, new)):
        return None
    worse = {Sense.LOWER: new > old, Sense.HIGHER: new < old, Sense.NONE: False}[measure.sense]
    return Shift(old, new, worse)


def _deviation(values: Sequence[float], centre: float) -> float:
    return _MAD_SCALE * median(abs(value - centre) for value in values)
