from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import InputError
from harness.evidence.records import Severity
from harness.findings.classify import classify_file, classify_text

MISSION = (
    "[W] [TRT] TensorRT encountered issues when converting weights between types and that could affect accuracy.\n"
    "[W] [TRT]  - 100 weights are affected by this issue: Detected subnormal FP16 values.\n"
    "[W] [TRT]  - 73 weights are affected by this issue: Detected values less than smallest positive FP16 subnormal "
    "value and converted them to the FP16 minimum subnormalized value.\n"
    "[E] [TRT] 2: Assertion scales.size() == 1 failed. \n"
    "[E] [TRT] 2: [pluginV2Runner.cpp::getInputHostScale::88] Error Code 2: Internal Error "
    "(Assertion scales.size() == 1 failed. )\n"
    "[E] [TRT] 2: [pluginV2Runner.cpp::execute::265] Error Code 2: Internal Error "
    "(Assertion status == kSTATUS_SUCCESS failed. )\n"
)


def test_the_mission_s_log() -> None:
    classified = classify_text(MISSION)
    facts = {finding.rule: finding.facts.get("weights") for finding in classified.findings}
    assert classified.first_cause == "plugin-scale-assert"
    assert facts["fp16-subnormal-summary"] == 100
    assert facts["fp16-below-subnormal-summary"] == 73


def test_consequences_stand_under_their_cause() -> None:
    second = classify_text(MISSION).findings[1]
    assert (second.rule, second.consequence_of) == ("plugin-execute-status", "plugin-scale-assert")


def test_the_short_form_is_counted_with_the_long_one() -> None:
    cause = classify_text(MISSION).findings[0]
    assert [place.line for place in cause.evidence] == [4, 5]
    assert "occurrences" not in cause.facts


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_endings(ending: str) -> None:
    assert classify_text(MISSION.replace("\n", ending)).findings == classify_text(MISSION).findings


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_encodings(encoding: str) -> None:
    rules = [finding.rule for finding in classify_text(MISSION.encode(encoding)).findings]
    assert rules == [finding.rule for finding in classify_text(MISSION).findings]


def test_a_wrapped_message() -> None:
    text = "[W] [TRT]  - 73 weights are affected by this issue: Detected values less\nthan smallest positive FP16\n"
    wrapped = text + "subnormal value and converted them\n"
    assert classify_text(wrapped).findings[0].facts == {"weights": 73}


def test_a_message_cut_inside_a_word() -> None:
    found = classify_text("[W] [TRT]  - 7 weights are affe\ncted by this issue: Detected subnormal FP16 values.\n")
    assert found.findings[0].facts == {"weights": 7}


def test_colours() -> None:
    found = classify_text(
        "\x1b[33m[W] [TRT]  - 7 weights are \x1b[1maffected\x1b[0m by this issue: Detected subnormal FP16 values."
    )
    assert found.findings[0].facts == {"weights": 7}


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("[E] 9: [frob.cpp::go::11] Error Code 9: jam", Severity.FATAL),
        ("[E] [TRT] Parameter check failed at: ../builder/Network.cpp::frob::46, condition: ok", Severity.FATAL),
        ("[libprotobuf ERROR google/protobuf/frob.cc:2] jam", Severity.FATAL),
        ("/src/frob.h(31): error: jam", Severity.FATAL),
        ("src/frob.cu:31:2: error: jam", Severity.FATAL),
        ("[E] [TRT] jam", Severity.DEGRADED),
        ("ERROR: An error has been caught in frob.cpp", Severity.DEGRADED),
    ],
)
def test_an_unknown_error_is_as_grave_as_what_it_tells_of_itself(line: str, severity: Severity) -> None:
    (finding,) = classify_text(line).findings
    assert (finding.rule, finding.severity) == ("unknown-error", severity)


@pytest.mark.parametrize(
    "line",
    [
        "[fatal][frob.cpp:123]: Assert failed, ptr != nullptr",
        "fatal: frob jammed",
        "ERR: frob jammed",
        "*** Error: frob jammed",
        "!! ERROR frob jammed",
        "Error! frob jammed",
        "An error occurred: frob jammed",
        "std::runtime_error: frob jammed",
        "Check failed: a == b (3 vs. 4)",
        "Parameter check failed at: frob.cpp::jam::10, condition: a",
        "(InvalidArgument) Pass frob has not been registered.",
        '"Error syncing pod, skipping" err="failed to frob"',
        "ValueError('frob jammed',)",
        "StopIteration",
        "make[2]: *** [frob] Error 1",
        "gmake: *** [all] Error 2",
        "/usr/bin/ld: cannot open output file frob: jam",
        "sh: 1: frob: not found",
        "bash: ./frob: Permission denied",
        "MPI_ABORT was invoked on rank 0 in communicator MPI_COMM_WORLD",
        "[host:00123] *** Process received signal ***",
        "[host:00123] Signal: Segmentation fault (11)",
    ],
)
def test_an_error_that_no_logger_marked_is_not_dropped(line: str) -> None:
    assert [finding.rule for finding in classify_text(line).findings] == ["unknown-error"]


@pytest.mark.parametrize(
    "line",
    [
        "No error occurred",
        "Hash: not found",
        "Check failed tests again",
        "mean absolute Error, 0.0003",
        "Process received signal strength",
        "cache entry: not found, building",
        "Fatal errors: 0",
        "stopiteration = False",
    ],
)
def test_words_like_them_are_no_errors(line: str) -> None:
    assert not classify_text(line).findings


def test_the_mismatch_of_a_timing_cache_is_not_told_as_one_of_an_engine() -> None:
    """Only the next line says what it was of; where another has none below, the engine's is told."""
    mismatch = (
        "[E] 1: [stdArchiveReader.cpp::stdArchiveReaderInitCommon::50] Error Code 1: Serialization (Serialization "
    )
    mismatch += "assertion stdVersionRead == kSERIALIZATION_VERSION failed.Version tag does not match.)\n"
    refused = "[E] 4: The timing cache will not be used!\n"
    alone = classify_text(mismatch + refused)
    assert [finding.rule for finding in alone.findings] == ["timing-cache-rejected"]
    assert [place.line for place in alone.findings[0].evidence] == [1, 2]
    both = classify_text(mismatch + refused + "[I] next\n" + mismatch)
    assert both.first_cause == "plan-version-tag-8"


def test_unknown_errors_are_kept_and_clustered() -> None:
    found = classify_text("[E] 9: [frob.cpp::go::11] jam at 0x1f\n[E] 9: [frob.cpp::go::12] jam at 0x2f\n")
    assert [(finding.rule, finding.facts["occurrences"]) for finding in found.findings] == [("unknown-error", 2)]


@pytest.mark.parametrize(
    "line",
    [
        "[I] [TRT] Calibrated INT8 scale for tensor 'x' is 1",
        "[V] [TRT] Setting scale: no Error, Warning: 0",
        "[I] Finished with 0 errors and 0 warnings",
        "[V] [TRT] Parsing node: ERROR_head [Scale]",
        "&&&& PASSED TensorRT.trtexec [TensorRT v8601]",
    ],
)
def test_harmless_words(line: str) -> None:
    assert classify_text(line).findings == []


def test_a_missing_log_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        classify_file(tmp_path / "none.log")


def test_what_cpp_gives_as_the_reason_comes_before_its_giving_up() -> None:
    given_up = "terminate called after throwing an instance of 'std::runtime_error'\n"
    known = classify_text(f"{given_up}  what():  CUDA out of memory.\n")
    assert known.first_cause == "gpu-out-of-memory"
    assert {finding.rule: finding.consequence_of for finding in known.findings} == {
        "gpu-out-of-memory": "",
        "unknown-error": "gpu-out-of-memory",
    }
    assert classify_text(f"{given_up}  what():  stoi\n").first_cause == "unknown-error"


def test_memory_that_runs_out_in_a_tactic_is_told_by_the_tactic_alone() -> None:
    text = "CUDA error 2 allocating 2147747325-byte buffer: out of memory\n"
    skipped = classify_text(f"[W] [TRT] Skipping tactic 0x0 due to exception autotuning: {text}")
    assert [finding.rule for finding in skipped.findings] == ["tactic-exception"]
    assert classify_text(f"RuntimeError: {text}").first_cause == "gpu-out-of-memory"


def test_severity_of_the_first_cause() -> None:
    assert classify_text(MISSION).findings[0].severity is Severity.FATAL
