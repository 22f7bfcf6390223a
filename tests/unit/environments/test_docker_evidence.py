from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from harness.environments import Ending, Limits, docker
from harness.environments.collecting import Kept, trim
from harness.environments.docker import CUT, bounded
from harness.environments.endpoint import Endpoint
from harness.environments.engine import Engine


def test_evidence_within_the_bound_changes_nothing(tmp_path: Path) -> None:
    assert bounded(Ending(0), Kept(10), tmp_path, Limits(1, evidence_bytes=10)) == Ending(0)
    assert list(tmp_path.iterdir()) == []


def test_what_was_cut_stands_beside_the_rest(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 3_000_000)
    limits = Limits(1, evidence_bytes=1_000_000)
    found = bounded(Ending(123), trim(tmp_path, limits.evidence_bytes), tmp_path, limits)
    assert found == Ending(123, "evidence-limit: the cell wrote more than 1 MB of files; cut: see cut.txt")
    assert (tmp_path / CUT).read_text() == "large (3 MB to 1 MB)\n"


@pytest.mark.parametrize("ending", [Ending(0), Ending(-9, "out-of-memory: x")])
def test_what_was_left_out_is_said_whatever_the_ending(tmp_path: Path, ending: Ending) -> None:
    kept = Kept(1, ["link (left out: neither file nor folder)"])
    assert bounded(ending, kept, tmp_path, Limits(1)) == ending
    assert (tmp_path / CUT).read_text().startswith("link (left out")


def test_it_is_not_written_through_a_link_of_the_cell(tmp_path: Path) -> None:
    evidence, outside = tmp_path / "evidence", tmp_path / "outside"
    evidence.mkdir()
    (evidence / CUT).symlink_to(outside)
    bounded(Ending(0), Kept(1, ["x (left out)"]), evidence, Limits(1))
    assert not outside.exists()
    assert (evidence / CUT).read_text() == "x (left out)\n"


def test_another_machine_is_another_environment() -> None:
    here, there = (
        SimpleNamespace(endpoint=Endpoint(url, "a test")) for url in ("unix:///run/d.sock", "ssh://gpu-host")
    )
    assert docker._at(cast("Engine", here), "key") == "key"
    assert docker._at(cast("Engine", there), "key") != "key"
