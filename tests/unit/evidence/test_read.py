from __future__ import annotations

from pathlib import Path

import pytest

from harness.evidence.read import read_attestation, read_case
from harness.evidence.records import Outcome, Stage


def write(folder: Path, *lines: str) -> Path:
    (folder / "events.jsonl").write_bytes("\n".join(lines).encode())
    return folder


def test_folds_a_whole_story(tmp_path: Path) -> None:
    story = read_case(
        write(
            tmp_path,
            '{"t": "2026-01-01T00:00:00Z", "event": "start", "format": 1}',
            '{"event": "stage", "stage": "parse"}',
            '{"event": "timing", "name": "parse", "seconds": 0.5}',
            '{"event": "stage", "stage": "build"}',
            '{"event": "engine", "bytes": 10, "sha256": "ab", "layers": 3, "precisions": {"Half": 3}}',
            '{"t": "2026-01-01T00:00:02.500Z", "event": "outcome", "outcome": "passed", "reason": ""}',
        )
    )
    assert (story.stage, story.outcome, story.duration_s) == (Stage.BUILD, Outcome.PASSED, 2.5)
    assert story.steps_s == {"parse": 0.5}
    assert story.engine["precisions"] == {"Half": 3}


def test_a_story_cut_short_has_no_outcome(tmp_path: Path) -> None:
    story = read_case(write(tmp_path, '{"event": "stage", "stage": "build"}', '{"event": "outc'))
    assert (story.stage, story.outcome, story.damaged_lines) == (Stage.BUILD, None, 1)


@pytest.mark.parametrize(
    "line",
    ["[]", "null", '{"event": 3}', "\x00\xff", '{"event": "outcome", "outcome": "splendid"}', '{"event":"stage"}'],
)
def test_nonsense_changes_nothing(tmp_path: Path, line: str) -> None:
    story = read_case(write(tmp_path, line, '{"event": "outcome", "outcome": "failed", "reason": "x"}'))
    assert (story.outcome, story.reason) == (Outcome.FAILED, "x")


def test_no_evidence_is_an_empty_story(tmp_path: Path) -> None:
    assert read_case(tmp_path).outcome is None
    assert read_attestation(tmp_path) is None
