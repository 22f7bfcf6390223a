"""Running the probe as a process of this host, for environments that need no container."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from harness import process
from harness.environments import Ending, Limits, OnLine, tokens

PROBE = Path(__file__).resolve().parent.parent / "probe" / "__main__.py"
_KEPT = frozenset({"PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "CUDA_VISIBLE_DEVICES"})
_LONGEST_LINE = 64 * 1024
_GRACE_S = 10.0


def variables() -> dict[str, str]:
    """A clean environment: nothing of the caller's that changes what Python or the loader finds."""
    return {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith("NVIDIA_")}


def run_probe(
    python: Path,
    *,
    job: Path,
    limits: Limits,
    on_line: OnLine,
    token_file: Path | None,
    extra: Sequence[tuple[str, str]] = (),
) -> Ending:
    """Run the probe under ``python`` and pass on each line it prints. Its own cases end with it."""
    child = process.start([python, "-I", PROBE, job], stdout=subprocess.PIPE, env={**variables(), **dict(extra)})
    account = tokens.Account(token_file)
    reader = threading.Thread(target=_read, args=(child, account, on_line), daemon=True)
    reader.start()
    reason = ""
    try:
        child.wait(limits.wall_s)
    except subprocess.TimeoutExpired:
        reason = f"ran past the cell's {limits.wall_s:g} s"
    finally:
        process.end_group(child, _GRACE_S)
        # What the probe started may outlive it for a moment and hold the pipe; its words are not waited for.
        reader.join(timeout=2.0)
        account.settle()
    if not reason and child.returncode < 0:
        reason = f"the probe ended with {process.ending(child.returncode)}"
    return Ending(child.returncode, reason)


def _read(child: subprocess.Popen[bytes], account: tokens.Account, on_line: OnLine) -> None:
    stream = child.stdout
    assert stream is not None
    with stream:
        for raw in iter(lambda: stream.readline(_LONGEST_LINE), b""):
            line = raw.decode(errors="replace").rstrip("\n")
            account.hear(line)
            on_line(line)
