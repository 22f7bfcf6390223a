"""Which models, and which of ONNX's own node tests, a release parses and builds.

A worker in the release's environment takes the models one after another; where the builder crashes or
hangs, that model alone is lost and a new worker goes on with the next.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from harness import process
from harness.environments import Prepared
from harness.neutral import one_line

_WORKER = Path(__file__).with_name("ops_worker.py")
_POLL_S = 0.05
_ORDER = ("supported", "refused", "failed", "crashed", "timed-out")


@dataclass(frozen=True, slots=True)
class Trial:
    """One model on one release: ``supported``, ``refused``, ``failed``, ``crashed`` or ``timed-out``."""

    model: str
    outcome: str
    message: str


def try_models(
    prepared: Prepared,
    python: Path,
    models: Sequence[Path],
    *,
    scratch: Path,
    workers: int,
    timeout_s: float,
) -> list[Trial]:
    """Parse and build every model with ``workers`` processes; in the order of ``models``."""
    shares = [list(models[start::workers]) for start in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        jobs = [
            pool.submit(_try_share, prepared, python, share, scratch / f"worker{number}", timeout_s)
            for number, share in enumerate(shares)
            if share
        ]
        trials = {trial.model: trial for job in jobs for trial in job.result()}
    return [trials[str(model)] for model in models]


def _try_share(prepared: Prepared, python: Path, models: list[Path], scratch: Path, timeout_s: float) -> list[Trial]:
    scratch.mkdir(parents=True, exist_ok=True)
    trials: list[Trial] = []
    while len(trials) < len(models):
        rest = models[len(trials) :]
        done = _run_worker(prepared, python, rest, scratch, timeout_s)
        if not done:
            reason = "the worker could not start: " + one_line((scratch / "output").read_text(errors="replace")[-300:])
            done = [Trial(str(model), "failed", reason) for model in rest]
        trials += done
    return trials


def _run_worker(prepared: Prepared, python: Path, models: list[Path], scratch: Path, timeout_s: float) -> list[Trial]:
    """What one worker came to; the last trial may be one that it did not survive."""
    listed, results = scratch / "models.txt", scratch / "results.jsonl"
    listed.write_text("".join(f"{model}\n" for model in models), encoding="utf-8")
    results.write_text("")
    with (scratch / "output").open("wb") as output:
        worker = process.start(
            [python, "-I", _WORKER, prepared.module, results, listed, *prepared.libraries], stdout=output.fileno()
        )
        hung = _wait(worker, results, timeout_s)
    return _read(results, _ending(worker, hung, timeout_s))


def _wait(worker: subprocess.Popen[bytes], results: Path, timeout_s: float) -> bool:
    """Wait for the end; True where nothing was written for ``timeout_s`` seconds and it had to be ended."""
    size, changed = -1, time.monotonic()
    while worker.poll() is None:
        now = results.stat().st_size
        if now != size:
            size, changed = now, time.monotonic()
        elif time.monotonic() - changed > timeout_s:
            process.end_group(worker, grace_s=0.1)
            return True
        time.sleep(_POLL_S)
    return False


def _ending(worker: subprocess.Popen[bytes], hung: bool, timeout_s: float) -> tuple[str, str]:
    if hung:
        return "timed-out", f"no result in {timeout_s:.0f} s"
    status = worker.returncode
    return "crashed", f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"


def _read(results: Path, ending: tuple[str, str]) -> list[Trial]:
    trials, begun = list[Trial](), ""
    for line in results.read_text(encoding="utf-8", errors="replace").splitlines():
        row = json.loads(line)
        if "outcome" in row:
            trials.append(Trial(row["model"], row["outcome"], one_line(row["message"])))
        begun = "" if "outcome" in row else row["model"]
    return [*trials, Trial(begun, *ending)] if begun else trials


def counts(trials: Sequence[Trial]) -> dict[str, int]:
    """Numbers by outcome, in the order from best to worst."""
    found = Counter(trial.outcome for trial in trials)
    return {outcome: found[outcome] for outcome in _ORDER if found[outcome]}


def reason(message: str) -> str:
    """The part of a parser's or builder's message that says why, without places in NVIDIA's sources."""
    words = re.split(r"Assertion failed: |: UNSUPPORTED_NODE\w*: |\): ", message)[-1].strip()
    operator = re.search(r"operator: (\w+)", message)
    # An importer that knows of a case that it cannot take may say no more than that.
    return f"operator {operator[1]}: {words}" if operator and words == "false" else words[:160]


def export_node_tests(folder: Path, report: Callable[[str], None]) -> list[Path]:
    """Write ONNX's own backend node tests as model files; the names are those of the tests."""
    import warnings

    from onnx.backend.test.loader import load_model_tests

    report("making ONNX's node tests")
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tests' own arithmetic overflows on purpose
        tests = load_model_tests(kind="node")
    paths = []
    for test in tests:
        path = folder / f"{test.name}.onnx"
        path.write_bytes(test.model.SerializeToString())
        paths.append(path)
    return sorted(paths, key=os.fspath)
