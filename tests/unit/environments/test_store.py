from __future__ import annotations

import threading
from pathlib import Path

import pytest

from harness.environments import store
from harness.errors import EnvironmentUnavailable


def fill(place: Path) -> None:
    place.mkdir()
    (place / "content").write_text("whole", encoding="ascii")


def test_is_made_once(tmp_path: Path) -> None:
    calls: list[Path] = []

    def count(place: Path) -> None:
        calls.append(place)
        fill(place)

    first = store.make(tmp_path, "abc", count)
    assert store.make(tmp_path, "abc", count) == first
    assert len(calls) == 1
    assert (first / "content").read_text(encoding="ascii") == "whole"


def test_two_at_once_make_one(tmp_path: Path) -> None:
    calls: list[Path] = []
    gate = threading.Barrier(2)

    def count(place: Path) -> None:
        calls.append(place)
        fill(place)

    def one() -> None:
        gate.wait()
        store.make(tmp_path, "abc", count)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1


def test_failure_leaves_nothing_half_made(tmp_path: Path) -> None:
    def fail(place: Path) -> None:
        fill(place)
        raise EnvironmentUnavailable("no such wheel")

    with pytest.raises(EnvironmentUnavailable, match="no such wheel"):
        store.make(tmp_path, "abc", fail)
    assert [path.name for path in tmp_path.iterdir()] == ["abc.lock"]


def test_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    left = tmp_path / "abc.part-0000"
    left.mkdir()
    unfinished = store.folder(tmp_path, "abc")
    unfinished.mkdir()
    (unfinished / "content").write_text("half", encoding="ascii")
    place = store.make(tmp_path, "abc", fill)
    assert (place / "content").read_text(encoding="ascii") == "whole"
    assert not left.exists()


def test_another_digest_in_the_marker_counts_as_absent(tmp_path: Path) -> None:
    place = store.make(tmp_path, "abc", fill)
    (place / store.MARKER).write_bytes(b"\xff\xfe")
    assert not store.made(place, "abc")


def test_cache_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.write_text("a file", encoding="ascii")
    with pytest.raises(EnvironmentUnavailable, match="choose another cache folder"):
        store.make(cache, "abc", fill)


def test_full_disk_names_both_sizes(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnavailable, match="MB are needed"):
        store.require_space(tmp_path / "not" / "there", 10**18)
