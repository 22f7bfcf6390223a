from __future__ import annotations

import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.probe import library, logger
from harness.probe.events import EventLog, last_outcome
from harness.probe.log import TensorRTLog
from harness.probe.outcome import Outcome
from harness.probe.running import cut_off


def read(folder: Path) -> str:
    return (folder / "tensorrt.log").read_text(encoding="utf-8")


def test_records_of_several_lines_stay_one_record(tmp_path: Path) -> None:
    log = TensorRTLog(str(tmp_path), 10_000)
    log.write("W", "first\nsecond\n[E] forged")
    log.write_output(b"half a ")
    log.write_output(b"line\nrest")
    log.close()
    assert read(tmp_path) == "[W] first\n  | second\n  | [E] forged\n[O] half a line\n[O] rest\n"


def test_limit_is_shared_by_all_writers(tmp_path: Path) -> None:
    first, second = TensorRTLog(str(tmp_path), 100), TensorRTLog(str(tmp_path), 100)
    first.write("I", "x" * 80)
    second.write("I", "y" * 80)
    second.write("I", "z")
    assert second.cut
    assert second.lost == 2
    assert "log cut" in read(tmp_path)
    assert "y" * 80 not in read(tmp_path)
    first.close()
    second.close()


def test_a_full_disk_is_told_and_never_raised(tmp_path: Path) -> None:
    (tmp_path / "tensorrt.log").symlink_to("/dev/full")
    log = TensorRTLog(str(tmp_path), 10_000)
    log.write("I", "x")
    assert (log.lost, log.error) == (1, "No space left on device")
    log.close()


def test_logger_never_raises(tmp_path: Path) -> None:
    log, heard = TensorRTLog(str(tmp_path), 1000), logger.Heard()
    made: Any = logger.make(SimpleNamespace(ILogger=object), log, heard)
    made.log(SimpleNamespace(name="ERROR"), "bad\nthings")
    made.log(None, "no severity")
    made.log(SimpleNamespace(name="INFO"), 5)
    assert log.lost == 2
    assert heard.errors == ["bad\nthings"]
    log.close()


def test_last_outcome_is_the_last_line(tmp_path: Path) -> None:
    events = EventLog(str(tmp_path), "case")
    events.write("outcome", outcome="passed", reason="")
    assert last_outcome(str(tmp_path)) == Outcome("passed", "")
    events.write("stage", stage="build")
    assert last_outcome(str(tmp_path)) is None
    events.close()


def test_torn_last_line_is_no_outcome(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(b'{"event": "outcome", "outc')
    assert last_outcome(str(tmp_path)) is None


@pytest.mark.parametrize(
    ("status", "oom", "reason"),
    [
        (11, 0, "signal SIGSEGV"),
        (9, 0, "signal SIGKILL"),
        (9, 1, "signal SIGKILL: out of memory, ended by the kernel"),
        (3 << 8, 0, "ended with status 3 and no outcome"),
    ],
)
def test_cut_off_names_the_cause(status: int, oom: int, reason: str) -> None:
    assert cut_off(status, oom) == Outcome("crashed", reason)


def test_an_abort_for_want_of_a_device_is_no_crash() -> None:
    """TensorRT 10.6 without a GPU; any other end is the library's, whatever was said before."""
    said = "CUDA initialization failure with error: 35"
    assert cut_off(signal.SIGABRT, 0, said) == Outcome("not-run", f"no CUDA device: {said}")
    assert cut_off(signal.SIGSEGV, 0, said) == Outcome("crashed", "signal SIGSEGV")


def test_what_the_output_says_of_a_missing_device_is_kept(tmp_path: Path) -> None:
    log = TensorRTLog(str(tmp_path), 10_000)
    log.write_output(b"terminate called\n  what():  CUDA initialization fail")
    assert log.no_device == ""
    log.write_output(b"ure with error: 35. Please\nCUDA initialization failure again\n")
    assert log.no_device == "CUDA initialization failure with error: 35. Please"
    log.close()


@pytest.mark.parametrize(
    ("packed", "version"), [(8001, "8.0.1"), (8601, "8.6.1"), (10701, "1.7.1"), (100300, "10.3.0"), (101501, "10.15.1")]
)
def test_packed_versions(packed: int, version: str) -> None:
    assert library.unpack(packed) == version


@pytest.mark.parametrize(
    ("asked", "loaded", "covered"), [("8.6", "8.6.1", True), ("1.7.1", "1.7.1.116", True), ("8.6.1", "8.6", False)]
)
def test_covering_versions(asked: str, loaded: str, covered: bool) -> None:
    assert library.covers(asked, loaded) is covered
