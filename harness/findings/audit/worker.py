"""``python -m harness.findings.audit.worker MODEL OUT.json``: an audit in a process of its own.

So the process that runs the matrix loads no NumPy, and a hostile model ends this process alone.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from harness.errors import HarnessError
from harness.findings.audit.file import audit_file


def main(model: Path, out: Path) -> int:
    """Write the audit whole or not at all."""
    try:
        audit = audit_file(model)
    except HarnessError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    part = out.with_name(f"{out.name}.{os.getpid()}.part")
    part.write_bytes(msgspec.json.encode(audit))
    part.replace(out)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
