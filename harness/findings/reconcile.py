"""Our count beside TensorRT's own list, name by name, each difference with a cause where one is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.evidence.records import Finding
from harness.findings.audit.model import BlobAudit, FileAudit, PrecisionCount

_ROLES = (".weight", ".weights", ".bias", "_weight", "_bias", " weights", " bias")
# Where one weight was folded into several batch norms, ours carries the norm's name behind its own.
_NORM = re.compile(r"(?<=\S) \([^()]{1,300}\)$")
_UNNAMED = re.compile(r"\(Unnamed Layer\* \d+\)")


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """``predicted_only`` and ``logged_only`` map a name to a cause, empty where none is known."""

    matched: list[str]
    predicted_only: dict[str, str]
    logged_only: dict[str, str]
    logged: int
    predicted: int

    @property
    def unexplained(self) -> int:
        return sum(not cause for cause in (*self.predicted_only.values(), *self.logged_only.values()))


def reconcile(audit: FileAudit, finding: Finding | None, *, precision: str, kind: str) -> Reconciliation:
    """``finding`` is TensorRT's own of ``kind`` (``subnormal``, ``below`` or ``overflow``), or none was printed."""
    blobs = {blob.name: blob for blob in audit.folded or audit.blobs}
    predicted = [name for name, blob in blobs.items() if _concerned(blob.counts[precision], kind)]
    names = finding.facts.get("names") if finding else None
    logged = [str(name) for name in names] if isinstance(names, list) else []
    weights = finding.facts.get("weights") if finding else 0
    number = weights if isinstance(weights, int) else len(logged)
    if not logged:
        cause = "the log has no names: verbosity too low" if number else ""
        return Reconciliation([], dict.fromkeys(predicted, cause), {}, number, len(predicted))
    meant = {name: matching(name, blobs, audit.layers) for name in logged}
    found = {blob for those in meant.values() for blob in those}
    return Reconciliation(
        matched=[name for name in predicted if name in found],
        predicted_only={name: _why_silent(blobs[name], logged) for name in predicted if name not in found},
        logged_only={
            name: _why_logged(name, audit)
            for name, those in meant.items()
            if not any(blob in predicted for blob in those)
        },
        logged=number,
        predicted=len(predicted),
    )


def _concerned(count: PrecisionCount, kind: str) -> bool:
    """TensorRT names a blob as subnormal for numbers from the smallest subnormal on; what is below is a list apart."""
    return count.subnormal > count.below if kind == "subnormal" else bool(getattr(count, kind))


def parts(name: str) -> list[str]:
    """The layers of a fused name: ``a + PWN(b, c).weight || d`` holds ``a``, ``PWN(b, c)`` and ``d``."""
    return [
        _stem(part.strip()) for side in name.split(" || ") for part in _stem(side.strip()).split(" + ") if part.strip()
    ]


def matching(logged: str, blobs: Mapping[str, BlobAudit], layers: Mapping[str, Sequence[str]]) -> list[str]:
    """Blobs that a name of TensorRT's may mean: the same name, the same layer, or a part of a fused one.

    ``layers``: see ``FileAudit``.
    """
    if logged in blobs:
        return [logged]
    stems = {_stem(part) for part in parts(logged)}
    bias = logged.endswith("bias")

    def is_meant(name: str) -> bool:
        plain = _NORM.sub("", name)
        aliases = (plain, *layers.get(plain, ()))
        return any(_stem(alias) in stems and alias.endswith("bias") == bias for alias in aliases)

    return [name for name in blobs if is_meant(name)]


def _stem(name: str) -> str:
    name = _NORM.sub("", name)
    return next((name.removesuffix(role) for role in _ROLES if name.endswith(role)), name)


def _why_silent(blob: BlobAudit, logged: Sequence[str]) -> str:
    fused = [name for name in logged if " + " in name or " || " in name]
    stem = _stem(blob.name)
    if any(stem in part for name in fused for part in parts(name)):
        return "fused: TensorRT counts the fused layer's weights"
    if blob.elements == 1:
        return "a single number: folded into the layer that reads it"
    return ""


def _why_logged(name: str, audit: FileAudit) -> str:
    if _UNNAMED.search(name):
        return "a layer that the builder made and named itself"
    if " + " in name or " || " in name:
        return "fused: the weights of several layers became one"
    if audit.folded and _named(name, audit.blobs):
        return "folded: a batch norm of another scale went into it"
    return ""


def _named(name: str, blobs: Iterable[BlobAudit]) -> bool:
    return any(_stem(blob.name) == _stem(name) for blob in blobs)
