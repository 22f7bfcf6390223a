"""The records of a run: the shape of ``results.json``.

These types are the schema; ``docs/schema/results.schema.json`` is generated from them. Times are ISO
8601 in UTC, durations are seconds, sizes are bytes, paths are relative to the run's folder.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

SCHEMA = "trt-matrix/results/1"

Scalar = str | int | float | bool | None
Facts = dict[str, Scalar | list[Scalar] | dict[str, Scalar]]


class Stage(StrEnum):
    """How far a case came, in order."""

    PREFLIGHT = "preflight"
    PROVISION = "provision"
    PARSE = "parse"
    BUILD = "build"
    EXECUTE = "execute"
    COMPARE = "compare"


class Outcome(StrEnum):
    """What happened to a case. The order of the members is from worst to best."""

    CRASHED = "crashed"
    FAILED = "failed"
    TIMED_OUT = "timed-out"
    WARNED = "warned"
    PASSED = "passed"
    NOT_RUN = "not-run"
    NOT_APPLICABLE = "not-applicable"

    @property
    def executed(self) -> bool:
        """The case ran something in its cell."""
        return self not in (Outcome.NOT_RUN, Outcome.NOT_APPLICABLE)

    @property
    def conclusive(self) -> bool:
        """The same inputs would give the same outcome again."""
        return self in (Outcome.FAILED, Outcome.WARNED, Outcome.PASSED)

    @property
    def settled(self) -> bool:
        """Running it again, with nothing changed, would tell nothing new."""
        return self.conclusive or self is Outcome.NOT_APPLICABLE


# A case that went wrong, whatever the way.
BAD = (Outcome.FAILED, Outcome.CRASHED, Outcome.TIMED_OUT)


class Severity(StrEnum):
    """Of a finding, from worst to best."""

    FATAL = "fatal"
    DEGRADED = "degraded"
    ADVISORY = "advisory"
    INFO = "info"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Base of everything that is written. Every field is always written, so that readers find it."""


class EvidencePlace(Record, frozen=True, kw_only=True):
    """Where in the evidence something stands. ``line`` counts from 1."""

    file: str
    line: int | None = None
    text: str = ""


class Advice(Record, frozen=True, kw_only=True):
    """One remedy. ``standing`` is what this run knows about it."""

    text: str
    standing: Literal["cured", "silent-only", "failed-here", "untried"] = "untried"
    because: str = ""
    source: str = ""


class Finding(Record, frozen=True, kw_only=True):
    """What a rule saw."""

    rule: str
    title: str
    severity: Severity
    facts: Facts = {}
    evidence: list[EvidencePlace] = []
    explanation: str = ""
    advice: list[Advice] = []
    consequence_of: str = ""
    waived_by: str = ""
    predicted: bool = False


class WeightAudit(Record, frozen=True, kw_only=True):
    """Counts of the project's own audit of the weights that the builder is given.

    Per precision: blobs and elements subnormal, below the smallest subnormal, overflowing.
    ``standing`` compares them with the release's own words: ``said`` (it printed the warning),
    ``unsaid`` (it has the text and did not print it), ``mute`` (its library has no such text),
    ``unknown`` (no catalogue of that release). ``exponents`` counts elements by the binary exponent
    of their magnitude as FP32 has it (``"-14"``: 2^-14 <= |w| < 2^-13), zeros as ``"zero"``. ``effect``: a sentence,
    what the converted weights do to the outputs on the CPU; empty where none is in danger or it could not be run.
    """

    precision: str
    blobs: int
    elements: int
    subnormal_blobs: int
    subnormal_elements: int
    below_blobs: int
    below_elements: int
    overflow_blobs: int
    overflow_elements: int
    standing: Literal["said", "unsaid", "mute", "unknown", "not-concerned"] = "unknown"
    worst: list[str] = []
    exponents: dict[str, int] = {}
    effect: str = ""


class Limit(Record, frozen=True, kw_only=True):
    """What a metric must keep to: at least, at most."""

    metric: str
    least: float | None = None
    most: float | None = None


class OutputDifference(Record, frozen=True, kw_only=True):
    """One output of the engine against the FP32 model's.

    ``worst`` is the index of the largest error: the sample, then the place in the output. ``value`` and ``expected``
    stand there; ``None`` for a number that is not finite. ``not_finite`` counts such elements where FP32's are finite.
    """

    name: str
    cosine: float
    max_abs_error: float
    mean_abs_error: float
    worst: list[int] = []
    value: float | None = None
    expected: float | None = None
    not_finite: int = 0


class Comparison(Record, frozen=True, kw_only=True):
    """What an executed engine gave, against the FP32 model. The numbers are in the case's ``metrics``.

    ``samples`` is the key of what it was executed on, ``by`` says what that was and who made the FP32 outputs.
    ``beyond`` has one sentence for each limit that was not kept; ``note`` says why there is nothing to compare.
    """

    samples: str
    by: str = ""
    outputs: list[OutputDifference] = []
    limits: list[Limit] = []
    beyond: list[str] = []
    note: str = ""


class CaseRecord(Record, frozen=True, kw_only=True):
    """What one case left behind. ``comparison`` is there where an engine could be executed."""

    id: str
    subject: str
    route: str
    recipe: str
    target: str
    stage: Stage
    outcome: Outcome
    reason: str = ""
    duration_s: float | None = None
    steps_s: dict[str, float] = {}
    engine_bytes: int | None = None
    engine_sha256: str = ""
    layers: int | None = None
    layer_precisions: dict[str, int] = {}
    findings: list[Finding] = []
    audit: list[WeightAudit] = []
    metrics: dict[str, float] = {}
    comparison: Comparison | None = None
    evidence: str = ""
    key: str = ""
    reused_from: str = ""
    repeat: str = ""

    @property
    def variant(self) -> frozenset[str]:
        """The words of the variant: the id is subject.route.recipe[.variant].target."""
        parts = self.id.split(".")
        return frozenset(parts[3].split("-")) if len(parts) == 5 else frozenset()


class PluginLibrary(Record, frozen=True, kw_only=True):
    """A user's library that cases of a cell loaded; ``creators``: name and version of what it brought."""

    library: str
    sha256: str
    creators: list[str] = []


class Attestation(Record, frozen=True, kw_only=True):
    """What was really loaded in a cell, as the loaded software itself reports it."""

    library_version: str
    library_path: str
    library_sha256: str
    module: str = ""
    module_version: str = ""
    python: str = ""
    parser_path: str = ""
    parser_sha256: str = ""
    cuda_runtime: str = ""
    driver: str = ""
    gpus: list[str] = []
    image_digest: str = ""
    packages: dict[str, str] = {}
    plugins: list[PluginLibrary] = []
    notes: list[str] = []


class Cost(Record, frozen=True, kw_only=True):
    """What making an environment will cost before it is there. ``None``: not known."""

    download_bytes: int | None = None
    disk_bytes: int | None = None
    cached: bool = False


class CellRecord(Record, frozen=True, kw_only=True):
    """One cell. ``reason`` says why it could not run, or what was wrong with it as a whole."""

    id: str
    flavour: str
    version: str
    cuda: str
    ubuntu: str | None
    python: str
    environment: str
    source: str
    required: bool = False
    runnable: bool = True
    reason: str = ""
    cost: Cost | None = None
    attestation: Attestation | None = None
    findings: list[Finding] = []
    evidence: str = ""
    provision_s: float | None = None
    duration_s: float | None = None
    cases: list[CaseRecord] = []


class Host(Record, frozen=True, kw_only=True):
    """The machine that the run was made on. No user or host name: reports are passed on."""

    os: str
    machine: str
    cores: int
    memory_bytes: int
    python: str
    docker: str = ""
    driver: str = ""
    gpus: list[str] = []


class RunInfo(Record, frozen=True, kw_only=True):
    """``partial``: only some of the matrix's cases were asked for."""

    id: str
    started: str
    finished: str = ""
    harness: str
    host: Host
    matrix: str
    matrix_sha256: str
    command: str = ""
    interrupted: bool = False
    label: str = ""
    partial: bool = False


class Counts(Record, frozen=True, kw_only=True):
    """The header's numbers: nothing that did not run is ever counted as executed."""

    planned: int
    executed: int
    conclusive: int
    reused: int = 0
    cells: int = 0
    cells_executed: int = 0
    by_outcome: dict[str, int] = {}


class Results(Record, frozen=True, kw_only=True):
    """A whole run, or a plan (then ``run.finished`` is empty and nothing is executed).

    ``replayed`` holds published logs read with the same rules: nothing of them ran, no count has them.
    """

    schema: str = SCHEMA
    run: RunInfo
    counts: Counts
    cells: list[CellRecord]
    notes: list[str] = []
    replayed: list[CellRecord] = []


def count(cells: list[CellRecord]) -> Counts:
    """Count a run's cases."""
    cases = [case for cell in cells for case in cell.cases]
    by_outcome = {outcome.value: sum(case.outcome is outcome for case in cases) for outcome in Outcome}
    return Counts(
        planned=len(cases),
        executed=sum(case.outcome.executed for case in cases),
        conclusive=sum(case.outcome.conclusive for case in cases),
        reused=sum(bool(case.reused_from) for case in cases),
        cells=len(cells),
        cells_executed=sum(any(case.outcome.executed for case in cell.cases) for cell in cells),
        by_outcome={name: number for name, number in by_outcome.items() if number},
    )


def with_label(results: Results, label: str) -> Results:
    """The same run under a label of the user's; an empty one changes nothing."""
    if not label:
        return results
    return msgspec.structs.replace(results, run=msgspec.structs.replace(results.run, label=label))
