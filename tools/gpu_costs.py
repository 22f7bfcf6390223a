"""What one build took in ``tools/gpu-session.sh``'s step ``costs``: alone, on a filled timing cache, beside three more.

usage: gpu_costs.py OUT     reads OUT/costs-NAME/latest/results.json and OUT/costs-NAME.csv (utilisation in %, MiB)
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

WAYS = ("cached", "together")


def lines(out: Path) -> list[str]:
    """A line for each case of each way, and one for the whole of the way. Seconds, milliseconds, per cent."""
    told = [f"{'way':10}{'case':32}{'parse s':>9}{'build s':>9}{'case s':>9}{'latency ms':>12}"]
    for way in WAYS:
        results = json.loads((out / f"costs-{way}" / "latest" / "results.json").read_text(encoding="utf-8"))
        cells = [cell for cell in results["cells"] if cell["cases"]]
        cases = [case for cell in cells for case in cell["cases"]]
        told += [f"{way:10}{case['id']:32}{_numbers(case)}" for case in cases]
        cell_s, cases_s = (sum(each["duration_s"] for each in some) for some in (cells, cases))
        busy = _utilisation(out / f"costs-{way}.csv")
        told.append(f"{way:10}cell {cell_s:.1f} s, sum of cases {cases_s:.1f} s; {busy}")
    return told


def _numbers(case: dict[str, Any]) -> str:
    steps, latency = case["steps_s"], case["metrics"].get("latency_ms")
    told = [f"{steps[name]:9.1f}" if name in steps else f"{'-':>9}" for name in ("parse", "build")]
    return "".join([*told, f"{case['duration_s']:9.1f}", f"{latency:12.3f}" if latency else f"{'-':>12}"])


def _utilisation(log: Path) -> str:
    """Share of the samples' time in which a kernel ran, as nvidia-smi counts it, and the most memory in use."""
    samples = [[float(word) for word in line.split(",")] for line in log.read_text(encoding="ascii").splitlines()]
    busy, memory = zip(*samples, strict=True)
    return f"GPU busy {statistics.mean(busy):.0f} % of the time, at most {max(memory):.0f} MiB"


if __name__ == "__main__":
    print("\n".join(lines(Path(sys.argv[1]))))
