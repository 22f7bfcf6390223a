from __future__ import annotations

from pathlib import Path

import pytest

from harness.commands.doctor import tell
from harness.environments import diagnosis
from harness.environments.diagnosis import Check, Standing
from harness.errors import Exit


def test_no_daemon_is_absence_with_a_remedy() -> None:
    check = diagnosis.docker("no Docker daemon answers at unix:///x")
    assert check.standing is Standing.ABSENT
    assert "DOCKER_HOST" in check.remedy


def test_a_full_disk_is_a_problem(tmp_path: Path) -> None:
    assert diagnosis.room("disk", tmp_path / "not" / "yet", 10**18).standing is Standing.PROBLEM
    assert diagnosis.room("disk", tmp_path, 0).standing is Standing.OK


def test_credentials_are_not_shown() -> None:
    assert diagnosis.without_credentials("http://me:secret@proxy:8080/") == "http://***@proxy:8080/"


def test_only_problems_change_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    absent, problem = Check("a", Standing.ABSENT, "no\x1b[31m", "get it"), Check("b", Standing.PROBLEM, "bad")
    assert tell([absent], as_json=False) == Exit.OK
    assert tell([absent, problem], as_json=False) == Exit.UNEXPECTED
    assert "absent   a: no\\x1b[31m\n         get it\n" in capsys.readouterr().out
