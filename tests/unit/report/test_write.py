from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from harness.errors import InputError, UsageError
from harness.report import results_file, write
from tests import sample


def test_writes_the_four_files(tmp_path: Path) -> None:
    index = write.write_all(sample.results(), tmp_path)
    assert index == tmp_path / "index.html"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "junit.xml", "results.json", "summary.md"]


def test_results_come_back_as_they_were(tmp_path: Path) -> None:
    results = sample.results()
    write.write_all(results, tmp_path)
    assert write.rebuild(tmp_path) == results


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"results\.json: cannot be written .*; choose another folder with --out"):
        write.write_all(sample.results(), tmp_path / "absent")


def test_a_full_disk_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UsageError, match=f"make room, then 'trt-matrix report {tmp_path.name}'"):
        write.write_all(sample.results(), tmp_path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is damaged"),
        (b'{"schema": "trt-matrix/results/1", "run"', "is damaged"),
        (b'{"schema": "trt-matrix/results/1"}', "is damaged"),
        (b"\xff\xfe", "is damaged"),
        (b'{"schema": "trt-matrix/results/9"}', "this program reads 'trt-matrix/results/1'"),
    ],
)
def test_a_damaged_file_is_said(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(data)
    with pytest.raises(InputError, match=words):
        results_file.read(path)


def test_every_field_is_written(tmp_path: Path) -> None:
    write.write_all(sample.results(), tmp_path)
    case = json.loads((tmp_path / "results.json").read_bytes())["cells"][0]["cases"][0]
    assert {"id", "subject", "route", "recipe", "stage", "outcome", "reason", "engine_bytes", "findings"} <= set(case)
