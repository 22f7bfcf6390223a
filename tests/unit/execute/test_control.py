from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.execute.control import accepted
from harness.execute.job import NEGATIVE_CONTROL


@pytest.mark.parametrize(("outcome", "found"), [("passed", 0), ("not-run", 0), ("failed", 1), ("crashed", 1)])
def test_only_a_control_that_ran_tells_anything(tmp_path: Path, outcome: str, found: int) -> None:
    folder = tmp_path / NEGATIVE_CONTROL
    folder.mkdir()
    event = {"t": "2026-11-23T08:00:00.000Z", "event": "outcome", "outcome": outcome, "reason": "because"}
    (folder / "events.jsonl").write_text(json.dumps(event) + "\n")
    assert len(accepted(tmp_path)) == found
