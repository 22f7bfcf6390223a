"""Fuzzing with atheris: ``python tests/fuzz_findings.py log|onnx -max_total_time=600``; needs the package atheris."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris  # type: ignore[import-untyped, import-not-found, unused-ignore]

with atheris.instrument_imports(include=["harness.findings"]):
    from harness.errors import InputError
    from harness.findings.audit.file import audit_file
    from harness.findings.classify import classify_text
    from harness.findings.show import as_text
    from harness.neutral import neutral

PLACE = Path(tempfile.mkdtemp()) / "model.onnx"


def log(data: bytes) -> None:
    """No crash; what is shown steers no terminal."""
    shown = as_text("log", classify_text(data))
    assert neutral(shown) == shown


def model(data: bytes) -> None:
    """An audit, or one clear error."""
    PLACE.write_bytes(data)
    try:
        audit_file(PLACE)
    except InputError as error:
        if "\n" in str(error):
            raise AssertionError("an error of more than one line") from error


if __name__ == "__main__":
    targets = {"log": log, "onnx": model}
    classify_text("")  # compiles the rules: not the time of an input
    target = targets[sys.argv.pop(1)]
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
