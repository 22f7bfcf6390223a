"""Levels: where a logger puts one, and words that only look like one."""

from __future__ import annotations

import pytest

from harness.findings.lines import level
from harness.findings.match import error_level


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
