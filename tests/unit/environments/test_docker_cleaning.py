from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from harness.commands.gc import parse_size
from harness.environments import cleaning
from harness.environments.daemon_records import Image
from harness.errors import UsageError


def image(name: str, size: int) -> Image:
    return Image(name, (f"trt-matrix/{name}",), (), size, "", {})


def test_the_longest_unused_go_first_and_cells_before_their_software() -> None:
    entries = [(image("software:a", 5), 1.0), (image("cell:a", 5), 2.0), (image("cell:b", 5), 3.0)]
    assert [each.id for each in cleaning.choose(entries, 5)] == ["cell:a", "software:a"]
    assert cleaning.choose(entries, 15) == []
    assert len(cleaning.choose(entries, 0)) == 3


def test_staging_in_use_is_left_alone(tmp_path: Path) -> None:
    for name in ("staging-dead", "staging-alive", "other"):
        (tmp_path / name).mkdir()
    with (tmp_path / "staging-alive" / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        cleaning.remove_staging(tmp_path)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "staging-alive"]
    cleaning.remove_staging(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


@pytest.mark.parametrize(("text", "size"), [("0", 0), ("20G", 20 * 10**9), ("5m", 5_000_000)])
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "G", "-1G", "1.5G", "20X"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(UsageError, match="such as 20G"):
        parse_size(text)
