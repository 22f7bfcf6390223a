from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from harness.environments import Prepared
from harness.evidence.records import Host
from harness.execute import timings
from harness.execute.job import TIMING_CACHE
from harness.matrix.cell import BuilderSettings
from tests.unit.execute.sample import CELL

HOST = Host(os="Debian 12", machine="x86_64", cores=2, memory_bytes=1, python="3.11.7", driver="580", gpus=["H100"])


def prepared(asked: bool | Literal["kept"]) -> Prepared:
    return Prepared(replace(CELL, builder=BuilderSettings(timing_cache=asked)), digest="d", libraries=(), module="m")


@pytest.mark.parametrize("asked", [False, True])
def test_nothing_is_kept_where_it_is_not_asked_for(tmp_path: Path, *, asked: bool) -> None:
    assert timings.kept_file(prepared(asked), HOST, tmp_path) is None


def test_a_later_run_begins_with_what_an_earlier_one_timed(tmp_path: Path) -> None:
    kept = timings.kept_file(prepared("kept"), HOST, tmp_path / "cache")
    assert kept
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    timings.lay(kept, first)
    assert not (first / TIMING_CACHE).exists()
    (first / TIMING_CACHE).write_bytes(b"timed")
    timings.keep(kept, first)
    timings.lay(kept, second)
    assert (second / TIMING_CACHE).read_bytes() == b"timed"


def test_another_driver_or_gpu_has_its_own(tmp_path: Path) -> None:
    files = {
        timings.kept_file(prepared("kept"), host, tmp_path)
        for host in (HOST, msgspec.structs.replace(HOST, driver="590"), msgspec.structs.replace(HOST, gpus=["L4"]))
    }
    assert len(files) == 3


def test_a_run_that_timed_nothing_leaves_what_is_kept(tmp_path: Path) -> None:
    kept = tmp_path / "kept.cache"
    kept.write_bytes(b"timed")
    timings.keep(kept, tmp_path / "empty")
    assert kept.read_bytes() == b"timed"
