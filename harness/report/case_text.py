"""One cell, and one case, as text for a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from tabulate import tabulate

from harness.evidence.records import CaseRecord, CellRecord, Finding, WeightAudit
from harness.neutral import neutral, one_line
from harness.report import grid
from harness.report.against_fp32 import limit_of, own_metrics, worst_place
from harness.report.excerpts import excerpt
from harness.report.text import WIDTH, clip
from harness.report.units import binary_size, seconds, with_unit

_NAME = 12


def cell_text(cell: CellRecord) -> str:
    """What was asked and loaded, why it did not run, and its cases."""
    lines = [one_line(cell.id), *_fields(_cell_fields(cell))]
    for finding in cell.findings:
        lines += ["", *_finding(finding)]
    rows = [[grid.SHORT[case.outcome], case.id, binary_size(case.engine_bytes)] for case in cell.cases]
    table = tabulate(
        [[one_line(text) for text in row] for row in rows],
        ["outcome", "case", "engine"],
        tablefmt="simple",
        disable_numparse=True,
        colalign=("left", "left", "right"),
    )
    return "\n".join([*lines, "", table if rows else "no cases", "", grid.counted(c.outcome for c in cell.cases), ""])


def case_text(cell: CellRecord, case: CaseRecord, run_dir: Path) -> str:
    """Everything about one case, with an excerpt of its log."""
    lines = [one_line(f"{cell.id}::{case.id}"), *_fields(_case_fields(cell, case))]
    for finding in case.findings:
        lines += ["", *_finding(finding)]
    lines += _against_fp32(case)
    for audit in case.audit:
        lines += ["", *_audit(audit)]
    log = excerpt(run_dir, case)
    if log:
        lines += [
            "",
            "log",
            *(f"  {line}" if len(line) < WIDTH - 2 else f"  {clip(line, WIDTH - 2)}" for line in log.split("\n")),
        ]
    if case.repeat:
        lines += ["", f"repeat: {one_line(case.repeat)}"]
    return "\n".join([*lines, ""])


def _cell_fields(cell: CellRecord) -> Iterator[tuple[str, str]]:
    place = f"Ubuntu {cell.ubuntu}" if cell.ubuntu else "the host's own system"
    yield "asked", f"{cell.flavour} {cell.version}, CUDA {cell.cuda}, {place}, Python {cell.python}, {cell.source}"
    if cell.attestation is None:
        yield "loaded", "nothing"
    else:
        wrong = "NOT WHAT WAS ASKED: " if grid.shadowed(cell) else ""
        yield "loaded", f"{wrong}{cell.attestation.library_version} from {cell.attestation.library_path}"
        yield "sha256", cell.attestation.library_sha256
        for each in cell.attestation.plugins:
            brought = ", ".join(each.creators) or "no plugin"
            yield "plugins", f"{each.library} ({brought}), sha256 {each.sha256[:16]}..."
    yield "reason", cell.reason
    yield "time", seconds(cell.duration_s)
    yield "evidence", cell.evidence


def _case_fields(cell: CellRecord, case: CaseRecord) -> Iterator[tuple[str, str]]:
    wrong = " (and the cell loaded another version than asked)" if grid.shadowed(cell) else ""
    yield "outcome", f"{case.outcome} at {case.stage}{wrong}"
    yield "reason", case.reason
    if case.engine_bytes is not None:
        yield "engine", f"{binary_size(case.engine_bytes)}, sha256 {case.engine_sha256[:16]}..."
    if case.layers is not None:
        kinds = ", ".join(f"{number} {name}" for name, number in case.layer_precisions.items())
        yield "layers", f"{case.layers}: {kinds}" if kinds else str(case.layers)
    yield "time", ", ".join(f"{name} {seconds(taken)}" for name, taken in case.steps_s.items())
    for name, value in own_metrics(case).items():
        limit = limit_of(case, name)
        label, unit = with_unit(name)
        yield label, f"{value:.6g}{unit} ({limit})" if limit else f"{value:.6g}{unit}"
    yield "reused from", case.reused_from
    yield "evidence", case.evidence


def _against_fp32(case: CaseRecord) -> list[str]:
    """How far each output is from the FP32 model's, and where it is worst."""
    made = case.comparison
    if made is None or not (made.outputs or made.note):
        return []
    lines = ["", *_wrapped("", f"against {made.by}" if made.by else "against FP32")]
    for each in made.outputs:
        numbers = (
            f"cosine {each.cosine:.6f}, largest error {each.max_abs_error:.5g}, mean {each.mean_abs_error:.3g}; "
            f"worst at {worst_place(each)}"
        )
        lines += _wrapped(f"  {one_line(each.name)}: ", numbers)
    lines += [line for words in made.beyond for line in _wrapped("  beyond: ", words)]
    return lines + (_wrapped("  ", made.note) if made.note else [])


def _fields(pairs: Iterable[tuple[str, str]]) -> list[str]:
    lines = []
    for name, value in pairs:
        if value:
            lines += _wrapped(f"{one_line(name):<{_NAME - 1}} ", value)
    return lines


def _finding(finding: Finding) -> list[str]:
    marks = [str(finding.severity)]
    marks += ["predicted, not run"] if finding.predicted else []
    marks += [f"waived: {finding.waived_by}"] if finding.waived_by else []
    marks += [f"follows from {finding.consequence_of}"] if finding.consequence_of else []
    lines = _wrapped("", f"{finding.title} ({', '.join(marks)}; {finding.rule})")
    lines += _wrapped("  ", finding.explanation) if finding.explanation else []
    for name, value in finding.facts.items():
        lines += _wrapped(f"  {one_line(name.replace('_', ' '))}: ", str(value))
    for place in finding.evidence:
        lines += _wrapped("  at ", f"{place.file}:{place.line}" if place.line else place.file)
    for number, advice in enumerate(finding.advice, start=1):
        because = f" ({advice.because})" if advice.because else ""
        lines += _wrapped(f"  {number}. ", f"[{advice.standing.replace('-', ' ')}] {advice.text}{because}")
    return lines


def _audit(audit: WeightAudit) -> list[str]:
    counts = (
        f"{audit.blobs:,} tensors; subnormal {audit.subnormal_blobs:,}, below the smallest "
        f"{audit.below_blobs:,}, overflowing {audit.overflow_blobs:,}; the release: {audit.standing}"
    )
    effect = f"; does it matter: {audit.effect}" if audit.effect else ""
    return _wrapped(f"weights in {one_line(audit.precision)}: ", counts + effect)


def _wrapped(head: str, text: str) -> list[str]:
    """``text`` in lines of the terminal's width that hang under their beginning; long paths are not cut."""
    indent = " " * min(len(head), _NAME)
    return textwrap.wrap(
        neutral(text),
        WIDTH,
        initial_indent=head,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
