"""Made-up nights for tests and benchmarks. Nothing in them was measured; their label says so."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from harness.evidence import records as r

FIRST_NIGHT = datetime(2026, 1, 1, 3, 0, tzinfo=UTC)
HOST = r.Host(os="Debian GNU/Linux 12", machine="x86_64", cores=2, memory_bytes=25_000_000_000, python="3.11.7")


def finding(rule: str = "fp16-subnormal", severity: str = "advisory", **facts: r.Scalar) -> r.Finding:
    return r.Finding(
        rule=rule,
        title=f"What {rule} saw",
        severity=r.Severity(severity),
        facts=dict(facts),
        evidence=[r.EvidencePlace(file="tensorrt.log", line=12, text="Weights are affected")],
        advice=[r.Advice(text="Use the bf16-typed recipe")],
    )


def audit(below: int = 73, standing: str = "said", precision: str = "fp16") -> r.WeightAudit:
    return r.WeightAudit(
        precision=precision,
        blobs=200,
        elements=600_000,
        subnormal_blobs=below + 27,
        subnormal_elements=41_000 + 100 * below,
        below_blobs=below,
        below_elements=312,
        overflow_blobs=0,
        overflow_elements=0,
        standing=standing,  # type: ignore[arg-type]
    )


def case(name: str = "retina.onnx.fp16-typed.sm86", outcome: str = "passed", **fields: Any) -> r.CaseRecord:
    subject, route, recipe, *_, target = name.split(".")
    built = outcome in ("passed", "warned")
    given: dict[str, Any] = {
        "stage": r.Stage.BUILD,
        "duration_s": 2.5,
        "steps_s": {"build": 1.7},
        "engine_bytes": 2_400_000 if built else None,
        "engine_sha256": f"{zlib.crc32(name.encode()):064x}" if built else "",
        "layers": 87 if built else None,
        "layer_precisions": {"Half": 87} if built else {},
    }
    return r.CaseRecord(
        id=name,
        subject=subject,
        route=route,
        recipe=recipe,
        target=target,
        outcome=r.Outcome(outcome),
        **(given | fields),
    )


def cell(version: str = "1.7.1", cases: Sequence[r.CaseRecord] = (), cuda: str = "12.9", **fields: Any) -> r.CellRecord:
    given: dict[str, Any] = {
        "attestation": r.Attestation(
            library_version=version, library_path="/lib/x.so", library_sha256=f"{version}-hash"
        )
    }
    return r.CellRecord(
        id=f"trtrtx{version}-cuda{cuda}-wheels",
        flavour="tensorrt-rtx",
        version=version,
        cuda=cuda,
        ubuntu=None,
        python="3.11",
        environment="wheels",
        source="wheels",
        cases=list(cases),
        **(given | fields),
    )


def run(cells: Sequence[r.CellRecord], day: int = 0, **info: Any) -> r.Results:
    """The night of ``day`` days after the first."""
    started = FIRST_NIGHT + timedelta(days=day)
    given: dict[str, Any] = {
        "id": f"{started:%Y-%m-%dT%H-%M-%SZ}-0000",
        "started": f"{started:%Y-%m-%dT%H:%M:%SZ}",
        "finished": f"{started + timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}",
        "label": "made-up",
        "harness": "0.1.0",
        "matrix": "matrix.yaml",
        "matrix_sha256": "0" * 64,
    }
    return r.Results(
        run=r.RunInfo(host=HOST, **(given | info)),
        counts=r.count(list(cells)),
        cells=list(cells),
    )


def simple(day: int = 0, outcome: str = "passed", version: str = "1.7.1", **fields: Any) -> r.Results:
    """One cell with one case."""
    return run([cell(version, [case(outcome=outcome, **fields)])], day)


def written(results: r.Results, out: Path, log: str = "[I] hello\n") -> Path:
    """The run's folder as a run leaves it: results.json and a log for each case that has an evidence path."""
    folder = out / results.run.id
    folder.mkdir(parents=True)
    (folder / "results.json").write_bytes(msgspec.json.encode(results))
    for case in (case for cell in results.cells for case in cell.cases if case.evidence):
        (folder / case.evidence).mkdir(parents=True)
        (folder / case.evidence / "tensorrt.log").write_text(log, encoding="utf-8")
    return folder
