from __future__ import annotations

import pytest
from msgspec.structs import replace

from harness.evidence.records import Advice, CellRecord, Finding, Outcome, Severity, Stage
from harness.report.causes import Cause, causes, predictions, reasons_not_run
from harness.report.releases import Sight
from tests import sample

CURED = Advice(text="try it", standing="cured")
FAILED = Advice(text="try it", standing="failed-here")
UNTRIED = Advice(text="try it", standing="untried")


@pytest.fixture(scope="module")
def found() -> dict[str, Cause]:
    return {cause.rule or cause.outcome.value: cause for cause in causes(sample.results().cells)}


def test_the_same_finding_is_one_cause(found: dict[str, Cause]) -> None:
    scale = found["int8-plugin-scale"]
    assert scale.extent == "8 cases of 2 cells"
    assert scale.consequences == ("The builder returned no engine",)
    assert "builder-returned-nothing" not in found


def test_which_release_broke_it(found: dict[str, Cause]) -> None:
    scale = found["int8-plugin-scale"]
    assert scale.which.startswith("tensorrt-rtx 1.6.1 broke it: 1.5.0 ran the same cases without it.")
    assert scale.which.endswith("1.7.1 ran the same cases without it.")


def test_a_silent_release_is_not_called_good(found: dict[str, Cause]) -> None:
    weights = found["fp16-subnormal-summary"]
    assert [release.sight for release in weights.releases] == [Sight.MUTE, Sight.UNSAID, Sight.SEEN]
    assert weights.which == "First said by tensorrt-rtx 1.7.1; 1.6.1 is only silent about it (unsaid)."


def test_a_wrong_library_blames_no_release(found: dict[str, Cause]) -> None:
    assert found["version-mismatch"].which.startswith("None: seen only in cells that loaded another")


def test_the_only_release_is_not_blamed() -> None:
    cause = causes([sample.rtx_cell("1.6.1", "12.9")])[0]
    assert "is the only release that ran these cases" in cause.which


def test_the_oldest_release_is_not_blamed() -> None:
    cells = [sample.rtx_cell("1.6.1", "12.9"), sample.rtx_cell("1.7.1", "12.9")]
    assert causes(cells)[0].which.startswith("Already in tensorrt-rtx 1.6.1, the oldest that ran these cases")


def naive(version: str, *ending: object) -> CellRecord:
    """A cell with one case that failed at a stage with a finding of a rule, or passed."""
    cell = sample.rtx_cell(version, "12.9")
    case = replace(cell.cases[0], findings=[], outcome=Outcome.PASSED)
    if ending:
        rule, stage = map(str, ending)
        finding = Finding(rule=rule, title=rule, severity=Severity.FATAL)
        case = replace(case, outcome=Outcome.FAILED, stage=Stage(stage), findings=[finding])
    return replace(cell, cases=[case])


def test_a_release_that_failed_otherwise_before_does_not_acquit() -> None:
    cells = [naive("1.5.0", "axis", "parse"), naive("1.6.1", "axis", "parse"), naive("1.7.1", "constant", "build")]
    found = {cause.rule: cause for cause in causes(cells)}
    assert [release.sight for release in found["constant"].releases] == [Sight.OTHERWISE, Sight.OTHERWISE, Sight.SEEN]
    assert found["constant"].which == (
        "First seen in tensorrt-rtx 1.7.1; 1.5.0 and 1.6.1 failed on something else, "
        "so this run cannot tell which release brought it."
    )


def test_a_release_that_came_further_acquits() -> None:
    cells = [naive("1.5.0", "axis", "parse"), naive("1.7.1", "constant", "build")]
    axis = next(cause for cause in causes(cells) if cause.rule == "axis")
    assert axis.which.endswith("1.7.1 ran the same cases without it.")


def test_between_the_good_and_the_bad_release_one_failed_otherwise() -> None:
    cells = [naive("1.5.0"), naive("1.6.1", "axis", "parse"), naive("1.7.1", "constant", "build")]
    constant = next(cause for cause in causes(cells) if cause.rule == "constant")
    assert constant.which == (
        "tensorrt-rtx 1.7.1, or 1.6.1 which failed on something else, broke it: 1.5.0 ran the same cases without it."
    )


def test_does_it_matter(found: dict[str, Cause]) -> None:
    assert found["int8-plugin-scale"].matters == "Yes: none of the 8 cases got an engine."
    assert "Measured: largest output change 0.0021." in found["fp16-subnormal-summary"].matters


def test_what_is_not_measured_is_said() -> None:
    cell = sample.rtx_cell("1.7.1", "12.9")
    bare = replace(cell, cases=[replace(case, metrics={}) for case in cell.cases])
    assert causes([bare])[0].matters.endswith("This run has not measured by how much.")


def test_what_is_merely_beside_the_cause_did_not_break_it() -> None:
    cell = sample.rtx_cell("1.6.1", "12.9")
    case = replace(cell.cases[6], findings=[*cell.cases[6].findings, sample.subnormal("")])
    fatal, advisory = causes([replace(cell, cases=[case])])
    assert (fatal.outcome, advisory.outcome) == (Outcome.FAILED, Outcome.WARNED)
    assert advisory.matters.startswith("Perhaps")


def test_a_cause_with_no_remedy_names_what_to_do() -> None:
    cell = sample.rtx_cell("1.6.1", "12.9")
    case = replace(cell.cases[6], findings=[replace(cell.cases[6].findings[0], advice=[])])
    commands = causes([replace(cell, cases=[case])])[0].commands
    assert commands == (
        ("Look at it", f"trt-matrix show {cell.id}::{case.id}"),
        ("Repeat it", f"trt-matrix run --only {cell.id}::{case.id}"),
    )


def test_remedies_that_cured_come_first(found: dict[str, Cause]) -> None:
    assert [advice.standing for advice in found["int8-plugin-scale"].advice] == ["cured", "untried", "failed-here"]


def test_an_unexplained_ending_is_shown_with_commands(found: dict[str, Cause]) -> None:
    crash = found["crashed"]
    assert crash.extent == "2 cases of 2 cells"
    assert crash.which.startswith("Only here: the same case was built in 4 other cells")
    assert crash.commands[0][1].startswith("trt-matrix show trtrtx1.5.0-cuda12.9-wheels::")


def test_endings_that_differ_in_the_layers_of_an_engine_are_one_cause() -> None:
    cell = sample.rtx_cell("1.6.1", "12.9")
    asked = "not-of-recipe: asked bf16-flag, but no layer is BFloat16"
    layers = (" (layers: 137 Float)", " (layers: 164 Float, 1 unknown)")
    cases = [replace(cell.cases[6], id=f"m{n}", findings=[], reason=asked + told) for n, told in enumerate(layers)]
    (cause,) = causes([replace(cell, cases=cases)])
    assert (cause.title, len(cause.places)) == (asked, 2)


def test_predictions_are_apart(found: dict[str, Cause]) -> None:
    cells = sample.results().cells
    classic = {cell.id for cell in cells if cell.flavour == "tensorrt"}
    assert not any(classic & set(cause.cell_ids) for cause in found.values())
    assert {seen.rule for seen in predictions(cells)} == {"fp16-subnormal-summary", "int8-plugin-scale"}


def test_reasons_for_not_running_are_counted() -> None:
    assert [(reason, cases, len(ids)) for reason, cases, ids in reasons_not_run(sample.results().cells)] == [
        (sample.NO_GPU, 46, 8),
        ("IBuilderConfig.int8_calibrator was removed in TensorRT 11", 2, 1),
    ]


def with_finding(finding: Finding) -> CellRecord:
    return replace(sample.rtx_cell("1.5.0", "12.9"), findings=[finding])


def test_a_finding_of_the_cell_alone_is_not_lost() -> None:
    finding = Finding(rule="disk-full", title="The disk was full", severity=Severity.FATAL)
    cause = next(cause for cause in causes([with_finding(finding)]) if cause.rule == "disk-full")
    assert cause.extent == "16 cases of 1 cell"


def test_a_waived_cause_comes_last() -> None:
    finding = Finding(rule="known", title="Known", severity=Severity.FATAL, waived_by="until the vendor answers")
    assert causes([with_finding(finding)])[-1].waived_by == "until the vendor answers"


def test_numbers_that_differ_become_a_range() -> None:
    cell = sample.rtx_cell("1.7.1", "12.9")
    warned = [case for case in cell.cases if case.outcome is Outcome.WARNED]
    cases = [
        replace(case, findings=[replace(case.findings[0], facts={"subnormal_weights": 90 + place})])
        for place, case in enumerate(warned)
    ]
    assert causes([replace(cell, cases=cases)])[0].facts == {"subnormal weights": "90 to 93"}


@pytest.mark.parametrize(
    ("advice", "told"),
    [
        pytest.param([CURED, *[FAILED] * 3], "failed-here", id="the most frequent standing counts"),
        pytest.param([CURED, *[UNTRIED] * 3], "cured", id="what one case tried is not untried"),
    ],
)
def test_the_standing_of_a_remedy_over_several_cases(advice: list[Advice], told: str) -> None:
    cell = sample.rtx_cell("1.7.1", "12.9")
    warned = [case for case in cell.cases if case.outcome is Outcome.WARNED]
    cases = [
        replace(case, findings=[replace(case.findings[0], advice=[one])])
        for case, one in zip(warned, advice, strict=True)
    ]
    assert [advice.standing for advice in causes([replace(cell, cases=cases)])[0].advice] == [told]


def test_what_converted_weights_do_to_the_outputs_is_told() -> None:
    cells = [
        replace(
            cell,
            cases=[
                replace(case, audit=[replace(audit, effect="harmless: no face is lost") for audit in case.audit])
                for case in cell.cases
            ],
        )
        for cell in sample.results().cells
    ]
    told = {cause.rule: cause.matters for cause in causes(cells)}
    assert "The converted weights are harmless: no face is lost." in told["fp16-subnormal-summary"]
    assert "converted weights" not in told["int8-plugin-scale"]


def test_models_that_differ_in_numbers_share_a_sentence_and_harmless_is_said_first() -> None:
    cell = sample.rtx_cell("1.7.1", "12.9")
    warned = [case for case in cell.cases if case.outcome is Outcome.WARNED][:2]
    cases = [
        replace(
            case,
            subject=f"model-{faces}",
            findings=[replace(case.findings[0], severity=Severity.ADVISORY)],
            audit=[replace(audit, effect=f"harmless: of {faces} faces 0 are lost") for audit in case.audit],
        )
        for case, faces in zip(warned, (8, 199), strict=True)
    ]
    matters = causes([replace(cell, cases=cases)])[0].matters
    told = "The converted weights of model-8 and model-199 are harmless: of 8 to 199 faces 0 are lost."
    assert matters.startswith(f"Not by what was measured. {told}")


def test_latency_stands_beside_that_of_fp32_without_how_it_was_measured() -> None:
    cell = sample.rtx_cell("1.7.1", "12.9")
    warned = next(case for case in cell.cases if case.outcome is Outcome.WARNED)
    metrics = {"latency_ms": 0.34567, "latency_mad_ms": 0.001, "executions": 1000.0, "clock_sm_mhz": 1980.0}
    fp32 = replace(warned, recipe="fp32", metrics={"latency_ms": 0.5}, findings=[])
    matters = causes([replace(cell, cases=[replace(warned, metrics=metrics), fp32])])[0].matters
    assert matters.endswith(" Measured: latency 0.346 ms, 0.69 times FP32's.")
