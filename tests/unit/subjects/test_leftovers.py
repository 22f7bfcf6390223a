from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from harness.subjects import leftovers


def gone() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_a_killed_process_left_is_cleared_and_no_more(tmp_path: Path) -> None:
    dead = gone()
    (tmp_path / f".making-00ff-{dead}").mkdir()
    (tmp_path / f".making-00ff-{dead}" / "model.onnx").touch()
    (tmp_path / f".request-00ff-{dead}.json").touch()
    kept = [leftovers.draft_of("00ff"), leftovers.request_of("00ff"), f"{dead}", f".damaged-00ff-{dead}"]
    for name in kept:
        (tmp_path / name).touch()
    leftovers.clear(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)


def test_a_maker_dies_with_the_run_that_asked() -> None:
    maker = "import time; from harness.subjects.leftovers import die_with_parent as d; d(); print('x'); time.sleep(60)"
    asks = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {maker!r}], stdout=subprocess.PIPE); "
    asks += "p.stdout.read(1); print(p.pid)"
    made = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True, timeout=20)
    deadline = time.monotonic() + 10
    while running(int(made.stdout)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not running(int(made.stdout))


def running(pid: int) -> bool:
    """Nobody may have collected it yet, so an ended process can still be listed."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text("ascii").rpartition(")")[2].split()[0] != "Z"
