"""Messages that a terminal broke over several lines are known as a whole."""

from __future__ import annotations

import textwrap

import pytest

from harness.findings.broken import whole
from harness.findings.classify import classify_text

HEAD = "[11/23/2026-08:00:00] [TRT] [E] "
MESSAGES = {
    "py-num-io-tensors": "AttributeError: 'tensorrt.tensorrt.ICudaEngine' object has no attribute 'num_io_tensors'",
    "enqueuev2-implicit": "Parameter check failed at: engine.cpp::enqueueV2::546, condition: "
    "!mEngine.hasImplicitBatchDimension()",
    "plan-version-tag-8": "1: [stdArchiveReader.cpp::StdArchiveReader::40] Error Code 1: Serialization (Serialization "
    "assertion stdVersionRead == serializationVersion failed.Version tag does not match. Note: Current Version: 213, "
    "Serialized Engine Version: 232)",
}


@pytest.mark.parametrize("rule", MESSAGES)
@pytest.mark.parametrize("width", [72, 80, 100, 120])
def test_a_broken_message_is_one_finding(rule: str, width: int) -> None:
    log = "\n".join(textwrap.wrap(HEAD + MESSAGES[rule], width)) + f"\n{HEAD}Engine set up failed\n"
    assert [finding.rule for finding in classify_text(log).findings] == [rule, "trtexec-failed"]


def test_an_error_before_another_message_stays_an_error_of_its_own() -> None:
    unknown = "ERROR: nobody knows this message, which is as long as a line of a terminal may be, and ends."
    log = f"{unknown}\nEngine set up failed\n"
    assert {finding.rule for finding in classify_text(log).findings} == {"unknown-error", "trtexec-failed"}


def test_a_line_with_a_level_continues_nothing() -> None:
    data = bytearray(f"{HEAD}{'x' * 60} and\n{HEAD}a\n", "ascii")
    assert len(whole(data, 0)) == 1


def test_a_short_line_is_whole() -> None:
    assert whole(bytearray(b"ERROR: a\nrest of another message\n"), 0) == ["ERROR: a"]
