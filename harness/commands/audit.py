"""``trt-matrix audit``: which weights a lower precision cannot hold, whether it matters, what TensorRT said of it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from harness.errors import Exit, UsageError
from harness.findings.audit.count import BF16, FP16, Precision, fp8_e4m3
from harness.findings.audit.file import audit_file
from harness.findings.audit.model import FileAudit
from harness.findings.audit.show import as_text, effect_text, reconciled_text
from harness.findings.classify import classify_file
from harness.findings.reconcile import Reconciliation, reconcile

_KINDS = {"subnormal": "subnormal", "below-subnormal": "below", "overflow": "overflow"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="FILE", type=Path, help=".onnx, .wts, .safetensors, .npz, .pth, .pt")
    parser.add_argument("--fp8-scale", type=float, metavar="S", help="count FP8 E4M3 too, for weights divided by S")
    parser.add_argument("--effect", action="store_true", help="run the model with the converted weights, on the CPU")
    parser.add_argument("--log", type=Path, metavar="LOG", help="compare with what TensorRT said in this log")
    parser.add_argument("--json", action="store_true", help="print all counts as JSON")


def run(arguments: argparse.Namespace) -> int:
    return audit(
        arguments.model,
        fp8_scale=arguments.fp8_scale,
        with_effect=arguments.effect,
        log=arguments.log,
        as_json=arguments.json,
    )


def audit(model: Path, *, fp8_scale: float | None, with_effect: bool, log: Path | None, as_json: bool) -> int:
    found = audit_file(model, precisions(fp8_scale))
    effects = _effects(model) if with_effect else []
    compared = _compared(found, log) if log else {}
    if as_json:
        whole = {
            "audit": found,
            "effect": effects,
            "reconciliation": {name: vars_of(one) for name, one in compared.items()},
        }
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(whole), indent=1).decode() + "\n")
    else:
        texts = [as_text(found), *map(effect_text, effects), *(reconciled_text(n, one) for n, one in compared.items())]
        print("\n".join(texts))
    return Exit.OK


def precisions(fp8_scale: float | None) -> tuple[Precision, ...]:
    if fp8_scale is None:
        return FP16, BF16
    if not 0 < fp8_scale < float("inf"):
        raise UsageError(f"--fp8-scale {fp8_scale}: a scale is above zero")
    return FP16, BF16, fp8_e4m3(fp8_scale)


def vars_of(one: Reconciliation) -> dict[str, object]:
    return {
        "logged": one.logged,
        "predicted": one.predicted,
        "matched": one.matched,
        "predicted_only": one.predicted_only,
        "logged_only": one.logged_only,
        "unexplained": one.unexplained,
    }


def _effects(model: Path) -> list[msgspec.Struct]:
    # Imported late: ONNX Runtime takes longer to load than the counting takes.
    from harness.findings.audit.effect import effect

    return [effect(model, precision) for precision in ("fp16", "bf16")]


def _compared(found: FileAudit, log: Path) -> dict[str, Reconciliation]:
    """What TensorRT said about FP16 and BF16, in either wording, beside our count."""
    said = {finding.rule: finding for finding in classify_file(log).findings}
    compared = {}
    for precision in found.precisions:
        for kind, ours in _KINDS.items():
            finding = said.get(f"{precision}-{kind}-summary") or said.get(f"{precision}-{kind}-perweight")
            if finding:
                compared[f"{precision} {kind}"] = reconcile(found, finding, precision=precision, kind=ours)
    return compared
