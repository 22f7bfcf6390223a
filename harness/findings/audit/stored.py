"""The audit of a model, kept beside it: made once, in a process of its own, without NumPy in this one."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from harness.findings.audit.model import FORMAT, FileAudit
from harness.process import run


def stored_audit(model: Path, store: Path | None = None) -> FileAudit:
    """The audit of ``model``, from ``store`` (``MODEL.audit.json`` beside it) or made now. Raises HarnessError."""
    place = store or model.with_name(f"{model.name}.audit.json")
    if (kept := _kept(place, model)) is not None:
        return kept
    run([sys.executable, "-m", "harness.findings.audit.worker", str(model), str(place)])
    return msgspec.json.decode(place.read_bytes(), type=FileAudit)


def _kept(place: Path, model: Path) -> FileAudit | None:
    """A damaged or older audit counts as absent."""
    try:
        if place.stat().st_mtime_ns < model.stat().st_mtime_ns:
            return None
        audit = msgspec.json.decode(place.read_bytes(), type=FileAudit)
    except (OSError, msgspec.DecodeError):
        return None
    return audit if audit.format == FORMAT else None
