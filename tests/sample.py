"""A made-up run that looks like a real one: for tests of the pages and for looking at them.

Nothing in it was measured; the run's label says so.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

from msgspec.structs import replace

from harness.evidence import records as r

RUN_ID = "2026-11-23T08-00-00Z-1a2b"
RECIPES = ("fp32", "fp16-typed", "bf16-typed", "int8-qdq")
SUBJECTS = ("retinaface-mnet025-640", "retinaface-mnet025-320")
TARGETS = ("sm86", "sm89")
CLASSIC = (
    ("8.2.3", "11.5", "20.04"),
    ("8.4.3", "11.7", "20.04"),
    ("8.5.3", "12.0", "20.04"),
    ("8.6.1", "12.0", "22.04"),
    ("10.0.1", "12.4", "22.04"),
    ("10.3.0", "12.6", "22.04"),
    ("10.15.1", "13.1", "24.04"),
    ("11.1.0", "13.1", "24.04"),
)
NO_GPU = "no NVIDIA driver on this host; classic TensorRT needs a GPU even to create a builder"

HOST = r.Host(os="Debian GNU/Linux 12", machine="x86_64", cores=2, memory_bytes=25_215_000_000, python="3.11.7")


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def exponents() -> dict[str, int]:
    """A bell over binary exponents, as trained weights have it."""
    bell = {str(e): int(60_000 * math.exp(-(((e + 6) / 6.5) ** 2))) for e in range(-30, 2)}
    return {"zero": 312} | {name: number for name, number in bell.items() if number}


def audit(precision: str, standing: str) -> r.WeightAudit:
    counts = (100, 41_240, 73, 312) if precision == "fp16" else (0, 0, 0, 0)
    return r.WeightAudit(
        precision=precision,
        blobs=213,
        elements=604_864,
        subnormal_blobs=counts[0],
        subnormal_elements=counts[1],
        below_blobs=counts[2],
        below_elements=counts[3],
        overflow_blobs=0,
        overflow_elements=0,
        standing=standing,  # type: ignore[arg-type]
        worst=["body.stage1.0.0.weight", "body.stage1.1.3.weight", "fpn.output1.0.weight"] if counts[0] else [],
        exponents=exponents() if precision == "fp16" else {},
    )


def subnormal(place: str, *, predicted: bool = False) -> r.Finding:
    return r.Finding(
        rule="fp16-subnormal-summary",
        title="Weights are subnormal in FP16",
        severity=r.Severity.ADVISORY,
        facts={"subnormal_weights": 100, "below_smallest": 73, "named_in_the_log": 100},
        evidence=[] if predicted else [r.EvidencePlace(file=f"{place}/tensorrt.log", line=12, text="Network summary")],
        explanation="100 of 213 weight tensors hold values that FP16 can only keep as subnormal numbers, and 73 hold "
        "values below the smallest one, which TensorRT raises to it.",
        advice=[
            r.Advice(
                text="Build the bf16-typed recipe: its exponent range is that of FP32",
                standing="cured",
                because="bf16-typed passed in this cell with no such weight",
            ),
            r.Advice(text="Stay on TensorRT 8.2.3", standing="silent-only", because="its library has no such warning"),
            r.Advice(text="Retrain with regularisation that keeps weights above 2^-14", standing="untried"),
        ],
        predicted=predicted,
    )


def scale(place: str, *, predicted: bool = False) -> r.Finding:
    return r.Finding(
        rule="int8-plugin-scale",
        title="A plugin's input has no single INT8 scale",
        severity=r.Severity.FATAL,
        facts={"function": "getInputHostScale", "assertion": "scales.size() == 1", "plugin": "Decode_TRT"},
        evidence=[]
        if predicted
        else [r.EvidencePlace(file=f"{place}/tensorrt.log", line=31, text="Assertion scales.size() == 1 failed")],
        explanation="The calibrated INT8 build asks for one scale at each input of the Decode plugin and finds none, "
        "so the builder stops with an assertion instead of an engine.",
        advice=[
            r.Advice(text="Decode on the host (route host-decode)", standing="cured", because="it passed in this cell"),
            r.Advice(text="Use explicit Q/DQ that stops before Decode", standing="untried"),
            r.Advice(
                text="Keep the plugin's inputs in FP32",
                standing="failed-here",
                because="the builder ignored the layer precision",
                source="https://docs.nvidia.com/deeplearning/tensorrt/",
            ),
        ],
        predicted=predicted,
    )


def rtx_case(cell: str, subject: str, recipe: str, target: str, version: str) -> r.CaseRecord:
    """Most pass; FP16 warns; 1.6.1 breaks INT8, one BF16 build of 1.5.0 crashes, one hangs."""
    name = f"{subject}.onnx.{recipe}.{target}"
    place = f"evidence/{cell}/{name}"
    outcome, stage, reason, findings = r.Outcome.PASSED, r.Stage.BUILD, "", []
    if recipe == "fp16-typed" and version == "1.7.1":
        outcome, reason, findings = r.Outcome.WARNED, "100 weights are subnormal in FP16", [subnormal(place)]
    if recipe == "int8-qdq" and version == "1.6.1":
        outcome, reason = r.Outcome.FAILED, "Assertion scales.size() == 1 failed"
        findings = [scale(place), consequence(place)]
    if recipe == "bf16-typed" and version == "1.5.0" and target == "sm89" and subject.endswith("640"):
        outcome, reason = r.Outcome.CRASHED, "the case's process ended with signal SIGSEGV"
    if recipe == "fp32" and version == "1.7.1" and target == "sm89" and "cuda13" in cell and subject.endswith("640"):
        outcome, reason = r.Outcome.TIMED_OUT, "still building after 300 s"
    built = outcome in (r.Outcome.PASSED, r.Outcome.WARNED)
    standing = {"1.5.0": "mute", "1.6.1": "unsaid", "1.7.1": "said"}[version]
    return r.CaseRecord(
        id=name,
        subject=subject,
        route="onnx",
        recipe=recipe,
        target=target,
        stage=stage,
        outcome=outcome,
        reason=reason,
        duration_s=2.31,
        steps_s={"import": 0.41, "parse": 0.08, "build": 1.71, "own": 0.11},
        engine_bytes=2_411_520 if built else None,
        engine_sha256=sha(cell + name) if built else "",
        layers=87 if built else None,
        layer_precisions={"Half": 80, "Float": 7} if built and recipe == "fp16-typed" else {},
        findings=findings,
        audit=[audit("fp16", standing), audit("bf16", "not-concerned")] if recipe == "fp16-typed" else [],
        metrics={"largest_output_change": 0.0021} if recipe == "fp16-typed" else {},
        evidence=place,
        key=sha(name),
        reused_from="2026-11-22T08-00-00Z-99ff" if recipe == "fp32" and version == "1.5.0" else "",
        repeat=f"trt-matrix run --only {cell}::{name}",
    )


def consequence(place: str) -> r.Finding:
    return r.Finding(
        rule="builder-returned-nothing",
        title="The builder returned no engine",
        severity=r.Severity.FATAL,
        evidence=[r.EvidencePlace(file=f"{place}/tensorrt.log", line=33, text="build_serialized_network: None")],
        explanation="What follows from the first error.",
        consequence_of="int8-plugin-scale",
    )


def rtx_cell(version: str, cuda: str) -> r.CellRecord:
    cell = f"trtrtx{version}-cuda{cuda}-wheels"
    library = f"reports/out/cache/environments/{sha(cell)[:12]}/lib/libtensorrt_rtx.so.1"
    return r.CellRecord(
        id=cell,
        flavour="tensorrt-rtx",
        version=version,
        cuda=cuda,
        ubuntu=None,
        python="3.11",
        environment="wheels",
        source="wheels",
        cost=r.Cost(download_bytes=134_000_000, disk_bytes=271_000_000, cached=version != "1.7.1"),
        attestation=r.Attestation(
            library_version=version,
            library_path=library,
            library_sha256=sha(library),
            module="tensorrt_rtx_bindings",
            module_version=f"{version}.116",
            python="3.11.7",
            cuda_runtime=cuda,
            packages={"numpy": "2.3.5", "tensorrt-rtx-cu12-bindings": f"{version}.116"},
            notes=["negative control refused as it should: Unsupported operator NoSuchOp"],
        ),
        evidence=f"evidence/{cell}",
        provision_s=14.2,
        duration_s=39.8,
        cases=[rtx_case(cell, s, p, t, version) for s in SUBJECTS for p in RECIPES for t in TARGETS],
    )


def not_run(subject: str, route: str, recipe: str, version: str) -> r.CaseRecord:
    gone = version.startswith("11") and recipe == "int8-calibrated"
    predicted = []
    if recipe == "int8-calibrated" and route == "plugin" and not gone:
        predicted = [scale("", predicted=True)]
    if recipe.startswith("fp16"):
        predicted = [subnormal("", predicted=True)]
    return r.CaseRecord(
        id=f"{subject}.{route}.{recipe}.device",
        subject=subject,
        route=route,
        recipe=recipe,
        target="device",
        stage=r.Stage.PREFLIGHT,
        outcome=r.Outcome.NOT_APPLICABLE if gone else r.Outcome.NOT_RUN,
        reason="IBuilderConfig.int8_calibrator was removed in TensorRT 11" if gone else NO_GPU,
        findings=predicted,
        audit=[audit("fp16", "mute" if version.startswith("8.2") else "unknown")] if predicted else [],
    )


def classic_cell(version: str, cuda: str, ubuntu: str) -> r.CellRecord:
    typed = version.startswith("11")
    recipes = ("fp32", "fp16-typed" if typed else "fp16-flag", "int8-calibrated")
    return r.CellRecord(
        id=f"trt{version}-cuda{cuda}-ubuntu{ubuntu}",
        flavour="tensorrt",
        version=version,
        cuda=cuda,
        ubuntu=ubuntu,
        python="3.10",
        environment="docker",
        source="ngc:24.01-py3",
        runnable=False,
        reason=NO_GPU,
        cost=r.Cost(download_bytes=8_100_000_000),
        cases=[not_run(SUBJECTS[0], route, recipe, version) for route in ("plugin", "onnx") for recipe in recipes],
    )


def wrong_version_cell() -> r.CellRecord:
    """Asked for 1.7.1, loaded 1.6.1: red, whatever its cases would say."""
    good = rtx_cell("1.7.1", "12.9")
    attestation = good.attestation
    assert attestation is not None
    reason = f"wrong-version: asked 1.7.1, loaded 1.6.1 from {attestation.library_path}"
    finding = r.Finding(
        rule="version-mismatch",
        title="Another version was loaded than asked for",
        severity=r.Severity.FATAL,
        facts={"asked": "1.7.1", "loaded": "1.6.1"},
        explanation="A library of another version stands before the asked one on the search path.",
        advice=[r.Advice(text="Remove the other library from the search path", standing="untried")],
    )
    cases = [
        r.CaseRecord(
            id=case.id,
            subject=case.subject,
            route=case.route,
            recipe=case.recipe,
            target=case.target,
            stage=r.Stage.PROVISION,
            outcome=r.Outcome.FAILED,
            reason=reason,
            findings=[finding],
            repeat=case.repeat,
        )
        for case in good.cases[:4]
    ]
    return r.CellRecord(
        id="trtrtx1.7.1-cuda12.9-prefix-shadowed",
        flavour="tensorrt-rtx",
        version="1.7.1",
        cuda="12.9",
        ubuntu=None,
        python="3.11",
        environment="prefix",
        source="prefix:/opt/rtx",
        required=True,
        reason=reason,
        attestation=r.Attestation(
            library_version="1.6.1",
            library_path="/opt/rtx/lib/libtensorrt_rtx.so.1",
            library_sha256=sha("wrong"),
        ),
        findings=[finding],
        cases=cases,
    )


def results(*, label: str = "made-up sample") -> r.Results:
    """Six RTX cells, one of them shadowed besides, and eight classic cells that cannot run."""
    cells = [rtx_cell(version, cuda) for version in ("1.5.0", "1.6.1", "1.7.1") for cuda in ("12.9", "13.1")]
    cells += [wrong_version_cell()] + [classic_cell(*words) for words in CLASSIC]
    return assemble(cells, label=label)


def assemble(cells: list[r.CellRecord], *, label: str = "", run_id: str = RUN_ID) -> r.Results:
    return r.Results(
        run=r.RunInfo(
            id=run_id,
            started="2026-11-23T08:00:00Z",
            finished="2026-11-23T08:03:41Z",
            harness="0.1.0",
            host=HOST,
            matrix="matrix.yaml",
            matrix_sha256=sha("matrix"),
            command="trt-matrix run",
            label=label,
        ),
        counts=r.count(cells),
        cells=cells,
        notes=["weights are a seeded initialisation, not trained"] if label else [],
    )


def log_of(case: r.CaseRecord) -> str:
    """A log as the probe writes it, with the lines that the findings point at."""
    lines = [f"[V] step {number} of a build" for number in range(1, 41)]
    lines[4] = "[O] \x1b[33ma hostile line\x1b[0m </script><b>bold</b> \u202egnp.exe"
    for finding in case.findings:
        for place in finding.evidence:
            if place.line:
                lines[place.line - 1] = f"[E] {place.text}"
    if case.outcome is r.Outcome.CRASHED:
        lines[-1] = "[O] Segmentation fault (core dumped)"
    return "\n".join(lines) + "\n"


def write_evidence(run: r.Results, folder: Path) -> None:
    """The logs of the cases that ran."""
    for cell in run.cells:
        for case in cell.cases:
            if case.evidence and not case.reused_from:
                place = folder / case.evidence
                place.mkdir(parents=True, exist_ok=True)
                (place / "tensorrt.log").write_text(log_of(case), encoding="utf-8")


def _varied(case: r.CaseRecord) -> r.CaseRecord:
    """No two cases take the same time or make an engine of the same size."""
    number = int(case.key[:6], 16)
    steps = {"import": 0.3 + number % 997 / 5e3, "parse": number % 89 / 1e3, "build": number % 9973 / 4e3, "own": 0.11}
    return replace(
        case,
        steps_s=steps,
        duration_s=sum(steps.values()),
        engine_bytes=case.engine_bytes and case.engine_bytes + number % 100_003,
    )


def many(cases: int = 10_000, per_cell: int = 100) -> r.Results:
    """A big run: every hash, reason and command is written out, as a real run has them."""
    cells = []
    for number in range(cases // per_cell):
        version = ("1.5.0", "1.6.1", "1.7.1")[number % 3]
        base = f"trtrtx{version}-cuda12.{number}-wheels"
        made = [
            _varied(rtx_case(base, f"{SUBJECTS[0]}-v{index:03}", RECIPES[index % 4], TARGETS[index // 4 % 2], version))
            for index in range(per_cell)
        ]
        like = rtx_cell(version, f"12.{number}")
        cells.append(
            r.CellRecord(
                id=base,
                flavour="tensorrt-rtx",
                version=version,
                cuda=f"12.{number}",
                ubuntu=None,
                python="3.11",
                environment="wheels",
                source="wheels",
                attestation=like.attestation,
                evidence=f"evidence/{base}",
                cases=made,
            )
        )
    return assemble(cells, label="made-up sample")
