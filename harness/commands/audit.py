"""``trt-matrix audit``: which weights a lower precision cannot hold."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from harness.errors import Exit
from harness.findings.audit.file import audit_file
from harness.findings.audit.model import FileAudit, records, worst
from harness.neutral import one_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="FILE", type=Path, help="the model whose weights are counted")
    parser.add_argument("--json", action="store_true", help="print all counts as JSON")


def run(arguments: argparse.Namespace) -> int:
    return audit(arguments.model, as_json=arguments.json)


def audit(model: Path, *, as_json: bool) -> int:
    found = audit_file(model)
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n")
    else:
        print(as_text(found))
    return Exit.OK


def as_text(audit: FileAudit) -> str:
    lines = [f"{one_line(audit.file)}: {len(audit.blobs)} weight tensors"]
    for record in records(audit):
        lines += [
            f"  {record.precision}: of {record.elements:,} elements in {record.blobs} tensors",
            f"    subnormal  {record.subnormal_elements:>12,} in {record.subnormal_blobs} tensors",
            f"    of these below the smallest subnormal {record.below_elements:,} in {record.below_blobs} tensors",
            f"    overflow   {record.overflow_elements:>12,} in {record.overflow_blobs} tensors",
        ]
        for blob in worst(audit.blobs, record.precision, 5):
            count = blob.counts[record.precision]
            lines.append(
                f"    {one_line(blob.name)}: {count.subnormal:,} subnormal, {count.below:,} below,"
                f" {count.overflow:,} overflow of {blob.elements:,}"
            )
    return "\n".join(lines)
