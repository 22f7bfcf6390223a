"""A case's or a cell's record, taken apart for the database and put together again.

What varies from night to night (times, measured values, the engine's hash) goes into the row; the rest is
a document, stored once for as long as it stays the same.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from math import isfinite, nan

import msgspec

from harness.evidence.records import CaseRecord, CellRecord, Comparison

_encoder = msgspec.json.Encoder(order="deterministic")
_case_decoder = msgspec.json.Decoder(CaseRecord)
_cell_decoder = msgspec.json.Decoder(CellRecord)


class CaseVarying(msgspec.Struct, frozen=True, omit_defaults=True):
    """The part of a CaseRecord that may differ although nothing changed."""

    steps_s: dict[str, float] = {}
    # JSON has no NaN and no infinity: such a measured value is kept as null and comes back as NaN.
    metrics: dict[str, float | None] = {}
    engine_sha256: str = ""
    reused_from: str = ""
    comparison: Comparison | None = None


class CellVarying(msgspec.Struct, frozen=True, omit_defaults=True):
    provision_s: float | None = None
    duration_s: float | None = None


_case_varying = msgspec.json.Decoder(CaseVarying)
_cell_varying = msgspec.json.Decoder(CellVarying)


@dataclass(frozen=True, slots=True)
class Document:
    """JSON and its hash."""

    digest: bytes
    text: bytes

    @classmethod
    def of(cls, value: object) -> Document:
        text = _encoder.encode(value)
        return cls(hashlib.sha256(text).digest(), text)

    def compressed(self) -> bytes:
        return zlib.compress(self.text, 6)


def split_case(case: CaseRecord) -> tuple[Document, str]:
    """The document and the varying part (JSON) of a case; ``duration_s`` and ``engine_bytes`` have columns."""
    metrics = {name: value if isfinite(value) else None for name, value in case.metrics.items()}
    varying = CaseVarying(case.steps_s, metrics, case.engine_sha256, case.reused_from, case.comparison)
    fixed = msgspec.structs.replace(
        case,
        steps_s={},
        metrics={},
        engine_sha256="",
        reused_from="",
        comparison=None,
        duration_s=None,
        engine_bytes=None,
    )
    return Document.of(fixed), _encoder.encode(varying).decode()


def fixed_case(body: bytes) -> CaseRecord:
    """What a case's document holds: the record without its varying part."""
    return _case_decoder.decode(zlib.decompress(body))


def join_case(fixed: CaseRecord, varying: str, duration_s: float | None, engine_bytes: int | None) -> CaseRecord:
    """The inverse of ``split_case``."""
    parts = _case_varying.decode(varying)
    return msgspec.structs.replace(
        fixed,
        steps_s=parts.steps_s,
        metrics={name: nan if value is None else value for name, value in parts.metrics.items()},
        engine_sha256=parts.engine_sha256,
        reused_from=parts.reused_from,
        comparison=parts.comparison,
        duration_s=duration_s,
        engine_bytes=engine_bytes,
    )


def split_cell(cell: CellRecord) -> tuple[Document, str]:
    """The document (without cases) and the varying part of a cell."""
    varying = CellVarying(cell.provision_s, cell.duration_s)
    fixed = msgspec.structs.replace(cell, provision_s=None, duration_s=None, cases=[])
    return Document.of(fixed), _encoder.encode(varying).decode()


def join_cell(body: bytes, varying: str, cases: list[CaseRecord]) -> CellRecord:
    """The inverse of ``split_cell``."""
    parts = _cell_varying.decode(varying)
    fixed = _cell_decoder.decode(zlib.decompress(body))
    return msgspec.structs.replace(fixed, provision_s=parts.provision_s, duration_s=parts.duration_s, cases=cases)
