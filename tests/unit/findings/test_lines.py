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
        ("[libprotobuf ERROR google/protobuf/text_format.cc:298] text", "E"),
        ("[libprotobuf WARNING google/protobuf/io/coded_stream.cc:604] text", "W"),
        ('{"level":"error","logger":"trt","msg":"text"}', "E"),
        ('{"msg": "text", "severity": "WARNING"}', "W"),
        ('time=2026-11-23T08:00:00Z level=error msg="text"', "E"),
        ("ERRO[0000] text", "E"),
        ("[!] text", "F"),
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
    [
        "mean error: 0.0003",
        "max abs error: 1e-05",
        "  error: null",
        "relative error: -0.5 px",
        "errors: 0, failed: 0",
        "Error: 0",
        "Mean Absolute Error: 0.12",
        "trt-1 exited with code 0",
        "the page on Segmentation fault handling",
    ],
)
def test_a_measure_is_no_error(line: str) -> None:
    assert error_level(line) == ""


@pytest.mark.parametrize("line", ["a.cpp:1:2: error: expected ;", "CUDA error: 700", "fatal error: NvInfer.h: missing"])
def test_an_error_without_a_level(line: str) -> None:
    assert error_level(line) == "E"


@pytest.mark.parametrize(
    "line",
    [
        "Segmentation fault (core dumped)",
        "段错误 (核心已转储)",
        "run.sh: line 3: 12345 Segmentation fault      trtexec --onnx=m.onnx",
        "Process finished with exit code 139 (interrupted by signal 11: SIGSEGV)",
        "Process finished with exit code -1073741819 (0xC0000005)",
        "free(): invalid pointer",
        "Illegal instruction",
        "Exception: nobody knows this",
        "2023-03-22 22:09:51.449 RuntimeError: nobody knows this",
        "AssertionError",
    ],
)
def test_an_end_of_the_process(line: str) -> None:
    assert error_level(line) == "F"
    assert [finding.rule for finding in classify_text(f"fine\n{line}\nfine\n").findings] == ["unknown-error"]


@pytest.mark.parametrize("after", ["", "\n", "\nI1123 08:00:00.0 1 a.cc:1] fine" * 20_000])
def test_a_server_s_error_in_the_first_line_counts_once(after: str) -> None:
    (finding,) = classify_text(f"E1123 08:00:00.0 1 model.cc:597] nobody knows this{after}").findings
    assert finding.facts["occurrences"] == 1
    assert finding.evidence[0].line == 1
