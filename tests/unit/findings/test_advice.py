from __future__ import annotations

import msgspec
import pytest

from harness.evidence.records import (
    CaseRecord,
    CellRecord,
    Counts,
    Finding,
    Host,
    Outcome,
    Results,
    RunInfo,
    Severity,
    Stage,
    WeightAudit,
)
from harness.findings.advice import advise

SCALE = Finding(rule="plugin-scale-assert", title="t", severity=Severity.FATAL)
SUBNORMAL = Finding(rule="fp16-subnormal-summary", title="t", severity=Severity.DEGRADED)
AUDIT = WeightAudit(
    precision="fp16",
    blobs=1,
    elements=1,
    subnormal_blobs=1,
    subnormal_elements=1,
    below_blobs=0,
    below_elements=0,
    overflow_blobs=0,
    overflow_elements=0,
)


def case(outcome: Outcome, *findings: Finding, route: str = "plugin", recipe: str = "int8-calibrated") -> CaseRecord:
    return CaseRecord(
        id=f"s.{route}.{recipe}.device",
        subject="s",
        route=route,
        recipe=recipe,
        target="device",
        stage=Stage.BUILD,
        outcome=outcome,
        findings=list(findings),
        engine_bytes=100,
    )


def cell(version: str, *cases: CaseRecord) -> CellRecord:
    return CellRecord(
        id=f"trt{version}",
        flavour="tensorrt",
        version=version,
        cuda="12.0",
        ubuntu=None,
        python="3.11",
        environment="wheels",
        source="wheels",
        cases=list(cases),
    )


def variant(word: str, outcome: Outcome, *findings: Finding) -> CaseRecord:
    return msgspec.structs.replace(case(outcome, *findings), id=f"s.plugin.int8-calibrated.{word}.device")


def standings(*cells: CellRecord) -> dict[str, str]:
    host = Host(os="o", machine="m", cores=1, memory_bytes=1, python="3.11")
    run = RunInfo(id="r", started="s", harness="0", host=host, matrix="m", matrix_sha256="0")
    advised = advise(Results(run=run, counts=Counts(planned=0, executed=0, conclusive=0), cells=list(cells)))
    (finding,) = advised.cells[0].cases[0].findings
    return {advice.text.split()[0]: advice.standing for advice in finding.advice}


def test_a_route_that_passed_here_is_cured_and_first() -> None:
    found = standings(cell("8.6.1", case(Outcome.FAILED, SCALE), case(Outcome.PASSED, route="host-decode")))
    assert next(iter(found.items())) == ("Decode", "cured")


def test_another_release_that_fails_too_is_last() -> None:
    found = standings(cell("8.6.1", case(Outcome.FAILED, SCALE)), cell("8.4.3", case(Outcome.FAILED, SCALE)))
    assert list(found.items())[-1] == ("Use", "failed-here")


def test_a_case_that_did_not_run_shows_nothing() -> None:
    found = standings(cell("8.6.1", case(Outcome.FAILED, SCALE), case(Outcome.NOT_RUN, route="host-decode")))
    assert set(found.values()) == {"untried"}


@pytest.mark.parametrize(("standing", "expected"), [("mute", "silent-only"), ("not-concerned", "cured")])
def test_a_mute_release_does_not_cure(standing: str, expected: str) -> None:
    audit = msgspec.structs.replace(AUDIT, standing=standing)
    quiet = msgspec.structs.replace(case(Outcome.PASSED, recipe="fp16-flag"), audit=[audit])
    found = standings(cell("8.6.1", case(Outcome.WARNED, SUBNORMAL, recipe="fp16-flag")), cell("8.2.3", quiet))
    assert found["Compare"] == expected


def test_another_precision_that_passed_cures() -> None:
    found = standings(
        cell("8.6.1", case(Outcome.WARNED, SUBNORMAL, recipe="fp16-flag"), case(Outcome.PASSED, recipe="fp32"))
    )
    assert found["Keep"] == "cured"


def test_weights_that_a_release_leaves_unsaid_have_the_remedies_of_the_warning() -> None:
    unsaid = Finding(rule="fp16-weights-unsaid", title="t", severity=Severity.ADVISORY)
    found = standings(
        cell(
            "8.6.1",
            case(Outcome.WARNED, unsaid, recipe="fp16-typed"),
            case(Outcome.PASSED, recipe="fp32"),
            case(Outcome.PASSED, recipe="bf16-typed"),
        )
    )
    assert found == {"Keep": "cured", "BF16": "cured"}


@pytest.mark.parametrize(
    ("word", "outcome", "findings", "standing"),
    [
        ("apart", Outcome.PASSED, (), "cured"),
        ("apart", Outcome.FAILED, (SCALE,), "failed-here"),
        ("v2", Outcome.PASSED, (), "untried"),
        ("apart-v2", Outcome.PASSED, (), "untried"),
    ],
)
def test_a_variant_that_differs_in_the_remedy_alone_shows_it(
    word: str, outcome: Outcome, findings: tuple[Finding, ...], standing: str
) -> None:
    found = standings(cell("8.6.1", case(Outcome.FAILED, SCALE), variant(word, outcome, *findings)))
    assert found["Put"] == standing
