"""An audit as plain text, for the terminal."""

from __future__ import annotations

import msgspec

from harness.findings.audit.model import FileAudit, records, worst
from harness.findings.reconcile import Reconciliation
from harness.neutral import one_line

_BAR = 40
_WORST = 5


def as_text(audit: FileAudit) -> str:
    lines = [f"{one_line(audit.file)}: {len(audit.blobs)} weight tensors", *(f"  {note}" for note in audit.notes)]
    for record in records(audit):
        lines += [
            f"  {record.precision}: of {record.elements:,} elements in {record.blobs} tensors",
            f"    subnormal                      {record.subnormal_elements:>12,} in {record.subnormal_blobs} tensors",
            f"    of these below the smallest    {record.below_elements:>12,} in {record.below_blobs} tensors",
            f"    overflow                       {record.overflow_elements:>12,} in {record.overflow_blobs} tensors",
        ]
        for blob in worst(audit.folded or audit.blobs, record.precision, _WORST):
            count = blob.counts[record.precision]
            lines.append(
                f"      {one_line(blob.name)}: {count.subnormal:,} subnormal, {count.below:,} below,"
                f" {count.overflow:,} overflow of {blob.elements:,}"
            )
    return "\n".join([*lines, *histogram(audit)])


def histogram(audit: FileAudit) -> list[str]:
    """The exponents of all weights, with marks where FP16 becomes subnormal and where it ends."""
    total: dict[int, int] = {}
    for blob in audit.folded or audit.blobs:
        for exponent, number in blob.exponents.items():
            total[exponent] = total.get(exponent, 0) + number
    if not total:
        return []
    most = max(total.values())
    marks = {-15: " < FP16 subnormal", -25: " < below FP16's smallest", 16: " < FP16 overflow"}
    lines = ["  exponents (weights between 2^e and 2^(e+1)):"]
    for exponent in range(max(total), min(total) - 1, -1):
        number = total.get(exponent, 0)
        bar = "#" * max(number > 0, round(number / most * _BAR))
        lines.append(f"    {exponent:>5} {bar:<{_BAR}} {number:>12,}{marks.get(exponent, '')}")
    return lines


def effect_text(effect: msgspec.Struct) -> str:
    told = msgspec.to_builtins(effect)
    verdict = "harmless" if told["harmless"] else f"the harm is done by {', '.join(map(one_line, told['guilty']))}"
    lines = [f"  {told['precision']} weights as TensorRT converts them, run on the CPU: {verdict}"]
    for change in told["raised"]:
        crossed = f", {change['crossed']} scores crossed 0.5" if change["crossed"] is not None else ""
        lines.append(
            f"    output {one_line(change['output'])}: largest change {change['largest']:.3g}"
            f" ({change['relative']:.2g} of its largest value{crossed})"
        )
    if found := told["detections"]:
        lines.append(
            f"    detections: {found['faces']} faces above a score of 0.5 in a rendered picture; {found['lost']} lost,"
            f" {found['new']} new, boxes moved by at most {found['moved']:.2g} px, scores by {found['score']:.2g}"
        )
    return "\n".join(lines)


def effect_sentence(effect: msgspec.Struct) -> str:
    """For the report: does it matter?"""
    told = msgspec.to_builtins(effect)
    worst = max((change["relative"] for change in told["raised"]), default=0.0)
    verdict = (
        "harmless" if told["harmless"] else f"not harmless, by {', '.join(map(one_line, told['guilty'][:_WORST]))}"
    )
    text = f"{verdict}: on the CPU the outputs change by at most {worst:.1g} of their largest value"
    if found := told["detections"]:
        text += f"; of {found['faces']} faces in a rendered picture {found['lost']} are lost and {found['new']} are new"
    return text


def reconciled_text(name: str, one: Reconciliation) -> str:
    head = f"  {name}: TensorRT says {one.logged}, counted here {one.predicted}"
    lines = [f"{head}, {len(one.matched)} matched by name, {one.unexplained} unexplained"]
    for side, names in (("counted only", one.predicted_only), ("logged only", one.logged_only)):
        lines += [f"    {side}: {one_line(blob)}: {cause or 'not explained'}" for blob, cause in names.items()]
    return "\n".join(lines)
