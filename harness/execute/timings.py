"""Timing caches kept from run to run: ``timing_cache: kept`` in the matrix."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from harness.environments import Prepared
from harness.evidence.records import Host
from harness.execute.job import TIMING_CACHE
from harness.execute.reuse import device_key
from harness.whole import write_whole


def kept_file(prepared: Prepared, host: Host, cache: Path) -> Path | None:
    """Where the cell's timing cache lies between runs, one for each environment, driver and GPU.

    ``None`` where the matrix does not ask for it.
    """
    if prepared.cell.builder.timing_cache != "kept":
        return None
    return cache / "timings" / f"{device_key(prepared, host)}.cache"


def lay(kept: Path, evidence: Path) -> None:
    """Give the cell's first build what earlier runs have timed. Without it the build takes longer, nothing else."""
    with suppress(OSError):
        write_whole(evidence / TIMING_CACHE, kept.read_bytes())


def keep(kept: Path, evidence: Path) -> None:
    """Remember what the cell has timed by now; the probe writes the file whole after each good build."""
    with suppress(OSError):
        data = (evidence / TIMING_CACHE).read_bytes()
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_whole(kept, data)
