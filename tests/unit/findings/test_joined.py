"""Messages that a terminal broke inside their constant words."""

from __future__ import annotations

import textwrap

import pytest

from harness.findings.classify import classify_text
from harness.findings.joined import SMALL, looks_broken

WARNINGS = {
    "fp16-below-subnormal-summary": "[W] [TRT]  - 73 weights are affected by this issue: Detected values less than "
    "smallest positive FP16 subnormal value and converted them to the FP16 minimum subnormalized value.",
    "int8-missing-scale": "[W] [TRT] Missing scale and zero-point for tensor conv1_output, expect fall back to "
    "non-int8 implementation for any layer consuming or producing given tensor",
    "lazy-loading-86": "[W] [TRT] CUDA lazy loading is not enabled. Enabling it can significantly reduce device memory "
    "usage and speed up TensorRT initialization.",
    "cudnn-linked-loaded": "[W] [TRT] TensorRT was linked against cuDNN 8.9.0 but loaded cuDNN 8.0.4",
}
VERBOSE = "[V] [TRT] Searching for input: backbone.layer1.0.conv1.weight of a node\n"


@pytest.mark.parametrize("width", range(40, 121, 3))
@pytest.mark.parametrize("rule", WARNINGS)
def test_a_warning_broken_between_words(rule: str, width: int) -> None:
    text = VERBOSE + "\n".join(textwrap.wrap(WARNINGS[rule], width)) + "\n" + VERBOSE
    assert [finding.rule for finding in classify_text(text).findings] == [rule]


@pytest.mark.parametrize("width", [60, 72, 80, 100])
@pytest.mark.parametrize("rule", WARNINGS)
def test_a_warning_broken_anywhere(rule: str, width: int) -> None:
    text = WARNINGS[rule]
    lines = [text[at : at + width] for at in range(0, len(text), width)]
    assert [finding.rule for finding in classify_text(VERBOSE + "\n".join(lines)).findings] == [rule]


def test_a_long_log_that_a_terminal_broke() -> None:
    broken = "\n".join(textwrap.wrap(VERBOSE.strip() + " and more words than one line has room for", 72)) + "\n"
    text = broken * (4 * SMALL // len(broken))
    assert looks_broken(bytearray(text.encode()))
    warning = "\n".join(textwrap.wrap(WARNINGS["fp16-below-subnormal-summary"], 72)) + "\n"
    (finding,) = classify_text(text + warning + text).findings
    assert (finding.rule, finding.facts["weights"]) == ("fp16-below-subnormal-summary", 73)


def test_a_log_of_whole_lines_is_not_searched_twice() -> None:
    assert not looks_broken(bytearray((VERBOSE * 1000).encode()))


def test_the_tail_of_one_message_and_the_head_of_another_make_none() -> None:
    assert classify_text("[V] [TRT] - 3 weights are affected\n[V] [TRT] by this issue: none\n").findings == []
