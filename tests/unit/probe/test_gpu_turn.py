from __future__ import annotations

from pathlib import Path

import pytest

from harness.probe import gpu_turn


@pytest.fixture
def pool(tmp_path: Path) -> str:
    path = tmp_path / "tokens"
    path.touch()
    return str(path)


def test_builds_share(pool: str) -> None:
    with gpu_turn.shared(pool), gpu_turn.shared(pool), gpu_turn.alone(pool, 0.0) as free:
        assert not free


def test_timing_is_alone_once_the_builds_are_done(pool: str) -> None:
    with gpu_turn.shared(pool):
        pass
    with gpu_turn.alone(pool, 0.0) as first, gpu_turn.alone(pool, 0.0) as second:
        assert (first, second) == (True, False)


def test_a_cell_by_itself_is_always_alone() -> None:
    with gpu_turn.shared(None), gpu_turn.alone(None, 0.0) as free:
        assert free
