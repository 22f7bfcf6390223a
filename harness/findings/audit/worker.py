"""``python -m harness.findings.audit.worker MODEL OUT.json``: an audit in a process of its own.

So the process that runs the matrix loads no NumPy, and a hostile model ends this process alone.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import msgspec

from harness.errors import HarnessError, InputError
from harness.findings.audit.file import audit_file
from harness.findings.audit.model import FileAudit, records
from harness.findings.audit.show import effect_sentence


def main(model: Path, out: Path) -> int:
    """Write the audit whole or not at all."""
    try:
        audit = with_effects(audit_file(model), model)
    except HarnessError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    part = out.with_name(f"{out.name}.{os.getpid()}.part")
    part.write_bytes(msgspec.json.encode(audit))
    part.replace(out)
    return 0


def with_effects(audit: FileAudit, model: Path) -> FileAudit:
    """With what it does to the outputs where weights are in danger; a model that cannot be run keeps its counts."""
    concerned = [each.precision for each in records(audit) if each.subnormal_elements or each.overflow_elements]
    if not concerned or model.suffix != ".onnx":
        return audit
    # Imported late: ONNX Runtime takes longer to load than the counting takes.
    from harness.findings.audit.effect import effect

    effects = {}
    for precision in concerned:
        with contextlib.suppress(InputError):
            effects[precision] = effect_sentence(effect(model, precision))
    return msgspec.structs.replace(audit, effects=effects)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
