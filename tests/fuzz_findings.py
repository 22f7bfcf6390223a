"""What ``tools/fuzz.py`` runs: ``fuzz_findings.py TARGET [options of libFuzzer]``."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import atheris  # type: ignore[import-untyped, import-not-found, unused-ignore]
import msgspec

with atheris.instrument_imports(include=["harness.findings", "harness.subjects.weights"]):
    from harness.errors import InputError
    from harness.findings.audit.file import audit_file
    from harness.findings.audit.show import as_text as audit_text
    from harness.findings.classify import classify_text
    from harness.findings.show import as_text
    from harness.neutral import neutral

FOLDER = Path(tempfile.mkdtemp())
KINDS = (".wts", ".safetensors", ".npz", ".pth")
# Of this process: other work on the machine is no hang of ours.
LONGEST_S = 1.0


def log(data: bytes) -> None:
    """No crash; what is shown steers no terminal, and JSON is JSON."""
    found = classify_text(data)
    assert _harmless(as_text("log", found))
    json.loads(json.dumps(msgspec.to_builtins(found.findings)))


def onnx(data: bytes) -> None:
    _audit(FOLDER / "model.onnx", data)


def weights(data: bytes) -> None:
    """The first byte chooses the kind of file."""
    if data:
        _audit(FOLDER / f"model{KINDS[data[0] % len(KINDS)]}", data[1:])


def _audit(place: Path, data: bytes) -> None:
    """An audit, or one clear error."""
    place.write_bytes(data)
    try:
        shown = audit_text(audit_file(place))
    except InputError as error:
        shown = str(error)
        assert "\n" not in shown
    assert _harmless(shown)


def _harmless(text: str) -> bool:
    return neutral(text) == text


def timed(target: Callable[[bytes], None]) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        start = time.process_time()
        target(data)
        took = time.process_time() - start
        assert took < LONGEST_S, f"{took:.2f} s for {len(data)} bytes"

    return run


if __name__ == "__main__":
    targets = {"log": log, "onnx": onnx, "weights": weights}
    classify_text("[E] nobody knows this")  # compiles the rules: not the time of an input
    atheris.Setup([sys.argv[0], *sys.argv[2:]], timed(targets[sys.argv[1]]))
    atheris.Fuzz()
