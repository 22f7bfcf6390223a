"""What can be done about a case that goes wrong, and what each way did where it ran: a row for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

import msgspec

from harness.analysis.case_changes import cause_of
from harness.analysis.changes import Proof
from harness.analysis.fp32 import LATENCY, fp32_latency
from harness.analysis.statements import Section, Statement
from harness.errors import UsageError
from harness.evidence.records import BAD, CaseRecord, CellRecord, Finding, Outcome, Record, Results, Severity

_NAIVE = "naive"
_ROUTES = {
    "host-decode": "decode on the host",
    "onnx": "the ONNX route, without the plugin",
    "plugin": "the Decode plugin",
}
_RECIPES = {
    "fp32": "no reduced precision",
    "fp16-flag": "FP16 by flag",
    "fp16-typed": "FP16 in the model's types",
    "bf16-flag": "BF16 by flag",
    "bf16-typed": "BF16 in the model's types",
    "int8-calibrated": "INT8 by calibration",
    "int8-qdq": "explicit Q/DQ that stops before Decode",
    "fp8-qdq": "FP8 Q/DQ",
}
_VARIANTS = {
    _NAIVE: "Q/DQ across Decode",
    "implicit": "implicit batch",
    "fp32edge": "what enters Decode kept in FP32",
    "apart": "an identity layer between head and plugin",
    "folded": "batch-norm folded",
    "v2": "the older plugin interface",
}
ANOTHER_RELEASE = "another release"
_CONCERNS = (Severity.FATAL, Severity.DEGRADED, Severity.ADVISORY)
_GRAVE = (Severity.FATAL, Severity.DEGRADED)


class Tried(Record, frozen=True, kw_only=True):
    """One way and what came of it.

    ``left``: the problem's findings that it has too, but for its own ``reason``; ``grave``: how many of them do harm.
    ``latency_ratio``: to FP32 by the same route in the same cell, of its own subject or else of the problem's; ``None``
    where either was not measured. ``alike``: so many cases, of as many cells, that say the same; the one named is the
    first.
    """

    remedy: str
    release: str
    cell: str
    case: str
    outcome: Outcome
    reason: str = ""
    left: list[str] = msgspec.field(default_factory=list)
    grave: int = 0
    ap50: float | None = None
    latency_ms: float | None = None
    latency_ratio: float | None = None
    engine_bytes: int | None = None
    is_problem: bool = False
    alike: int = 1


def subject_of(cases: Iterable[str], problem: str) -> str:
    """The subject of what ``problem`` (an id or a pattern) means. Raises ``UsageError`` where it means not one."""
    subjects = {case.split(".")[0] for case in cases if case == problem or fnmatchcase(case, problem)}
    if len(subjects) != 1:
        told = ", ".join(sorted(subjects)) or "none"
        raise UsageError(f"--try-remedies {problem!r} means cases of {told}; name a case of one subject")
    return subjects.pop()


def tried(results: Results, problem: str, among: str = "") -> list[Tried]:
    """A row for each case that ran, the problem first, then what passed, the fastest first.

    Cases of the problem's subject, and of those whose name fits the pattern ``among``.
    """
    seen = [(cell, case) for cell in results.cells for case in cell.cases if case.outcome.executed]
    subject = subject_of((case.id for _, case in seen), problem)
    meant = [case for _, case in seen if case.id == problem or fnmatchcase(case.id, problem)]
    wrong = [case for case in meant if case.outcome in BAD] or [case for case in meant if any(_told(case))] or meant
    ids, targets = {case.id for case in wrong}, {case.target for case in wrong}
    rules = {finding.rule for case in wrong for finding in _told(case)}
    rows = [
        _row(cell, case, wrong[0], rules, case.id in ids and case in wrong)
        for cell, case in seen
        if case.target in targets and is_among(case.id, subject, among)
    ]
    return sorted(_merged(rows), key=_rank)


def _merged(rows: Iterable[Tried]) -> Iterator[Tried]:
    """Cells of one release that say the same are one row."""
    groups: dict[tuple[object, ...], list[Tried]] = {}
    for row in rows:
        same = (row.release, row.remedy, row.outcome, row.reason, *row.left, row.latency_ms, row.ap50)
        groups.setdefault(same, []).append(row)
    return (msgspec.structs.replace(alike[0], alike=len(alike)) for alike in groups.values())


def is_among(case: str, subject: str, among: str) -> bool:
    name = case.split(".")[0]
    return name == subject or fnmatchcase(name, among)


def _rank(row: Tried) -> tuple[object, ...]:
    """Then what is nearest to what is there: the fewest differences."""
    far = row.remedy.count(", ") + (row.remedy != ANOTHER_RELEASE)
    return (not row.is_problem, row.outcome in BAD, row.grave, row.latency_ms or 1e9, far, row.remedy, row.release)


def _row(cell: CellRecord, case: CaseRecord, problem: CaseRecord, rules: set[str], is_problem: bool) -> Tried:
    mine = case.metrics.get(LATENCY)
    alike = {"route": case.route, "target": case.target}
    plain = fp32_latency(cell, subject=case.subject, **alike) or fp32_latency(cell, subject=problem.subject, **alike)
    reason = cause_of(case) if case.outcome in BAD else ""
    shared = {found.rule: found.severity for found in _told(case) if found.rule in rules and found.rule != reason}
    return Tried(
        remedy="as it is" if is_problem else ", ".join(differences(problem, case)) or ANOTHER_RELEASE,
        release=f"{cell.flavour} {cell.version}".removeprefix("tensorrt "),
        cell=cell.id,
        case=case.id,
        outcome=case.outcome,
        reason=reason,
        left=sorted(shared),
        grave=sum(severity in _GRAVE for severity in shared.values()),
        ap50=case.metrics.get("ap50"),
        latency_ms=mine,
        latency_ratio=mine / plain if mine and plain else None,
        engine_bytes=case.engine_bytes,
        is_problem=is_problem,
    )


def differences(problem: CaseRecord, other: CaseRecord) -> list[str]:
    """What ``other`` does otherwise, in words."""
    mine, theirs = problem.variant, other.variant
    words = [_ROUTES.get(other.route, other.route)] if other.route != problem.route else []
    if other.recipe != problem.recipe:
        across = other.recipe == "int8-qdq" and _NAIVE in theirs
        words += [f"explicit {_VARIANTS[_NAIVE]}" if across else _RECIPES.get(other.recipe, other.recipe)]
        theirs -= {_NAIVE} if across else set()
    words += [_VARIANTS.get(word, word) for word in sorted(theirs - mine)]
    return words + [f"not {_VARIANTS.get(word, word)}" for word in sorted(mine - theirs)]


def _told(case: CaseRecord) -> Iterator[Finding]:
    return (finding for finding in case.findings if finding.severity in _CONCERNS and not finding.predicted)


def section(rows: list[Tried], results: Results) -> Section:
    """The rows as statements with their evidence, for the page and the ticket."""
    places = {(cell.id, case.id): case.evidence for cell in results.cells for case in cell.cases}
    return Section(
        title="Remedies tried",
        none="No case of this subject ran.",
        statements=[
            Statement(
                text=f"on {row.release}, {row.remedy}: {words(row)}",
                cases=[f"{row.cell} / {row.case}"],
                proofs=[Proof(run=results.run.id, path=places[row.cell, row.case])],
            )
            for row in rows
        ],
    )


def words(row: Tried) -> str:
    """``passed; AP 0.997; 0.31 ms, 0.42 of FP32; 2.1 MB``."""
    told = [row.outcome.value + (f": {row.reason}" if row.reason else "")]
    told += [f"still {', '.join(row.left)}"] if row.left and not row.is_problem else []
    told += [f"AP {row.ap50:.3f}"] if row.ap50 is not None else []
    ratio = f", {row.latency_ratio:.2f} of FP32" if row.latency_ratio else ""
    told += [f"{row.latency_ms:.3f} ms{ratio}"] if row.latency_ms else []
    told += [f"{row.engine_bytes / 1e6:.1f} MB"] if row.engine_bytes else []
    return "; ".join(told)
