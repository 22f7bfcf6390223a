"""Levels: where a logger puts one, and words that only look like one."""

from __future__ import annotations

import pytest

from harness.findings.classify import classify_text
from harness.findings.error_lines import error_level
from harness.findings.lines import level


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[11/23/2026-08:00:00] [TRT] [E] text", "E"),
        ("2026-11-23 08:00:00,123 ERROR text", "E"),
        ("2026-11-23 08:00:00,123 - mmdeploy - ERROR - text", "E"),
        ("2026-11-23 08:00:00.000 | WARNING  | job:run:12 - text", "W"),
        ("trt-1  | ERROR text", "E"),
        ("0:00:09.4 1459327 0x5b9e5f55cc90 ERROR      nvinfer gstnvinfer.cpp:676: text", "E"),
        ("[TensorRT-LLM][ERROR] text", "E"),
        ("log level set to ERROR", ""),
        ("python app.py --log-level ERROR --on-error=continue", ""),
        ("LOG_LEVEL=FATAL", ""),
        ("I1123 08:00:00.000000 1 metrics.cc:282] failed to get power limit, NVML_ERROR Not Supported", "I"),
    ],
)
def test_level(line: str, expected: str) -> None:
    assert level(line) == expected


@pytest.mark.parametrize(
    "line",
    ["mean error: 0.0003", "max abs error: 1e-05", "  error: null", "relative error: -0.5 px", "errors: 0, failed: 0"],
)
def test_a_measure_is_no_error(line: str) -> None:
    assert error_level(line) == ""


@pytest.mark.parametrize("line", ["a.cpp:1:2: error: expected ;", "CUDA error: 700", "fatal error: NvInfer.h: missing"])
def test_an_error_without_a_level(line: str) -> None:
    assert error_level(line) == "E"


@pytest.mark.parametrize("after", ["", "\n", "\nI1123 08:00:00.0 1 a.cc:1] fine" * 20_000])
def test_a_server_s_error_in_the_first_line_counts_once(after: str) -> None:
    (finding,) = classify_text(f"E1123 08:00:00.0 1 model.cc:597] nobody knows this{after}").findings
    assert finding.facts["occurrences"] == 1
    assert finding.evidence[0].line == 1
