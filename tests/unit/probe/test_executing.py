from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.probe import executing, many
from harness.probe.child import Desk
from harness.probe.events import EventLog
from harness.probe.job import Case, Job
from harness.probe.outcome import CaseFailed
from tests.unit.probe.fake_engine import ByBinding, ByTensor, Engine, HostMemory, Implicit, Type, module

SHAPE = (1, 2, 3)


@dataclass
class Bench:
    """One case in ``folder`` that executes ``samples`` on ``engine``."""

    folder: Path
    device: HostMemory

    def execute(self, engine: Engine | None, **samples: Any) -> dict[str, Any]:
        np.savez(self.folder / "samples.npz", **samples)
        executing.execute(self.desk(), module(engine), None, b"plan")
        with np.load(self.folder / executing.OUTPUTS) as file:
            return {name: file[name] for name in file.files}

    def desk(self) -> Desk:
        case = Case("c", "onnx", "fp32", "device", 60.0, samples=str(self.folder / "samples.npz"), options={})
        job = Job("cell", "tensorrt", "8.6.1", (), "tensorrt", str(self.folder), 1, None, False, 1 << 20, (case,))
        self.events = EventLog(str(self.folder), "c")
        return Desk(job, case, str(self.folder), self.events, None, 0.0)  # type: ignore[arg-type]

    def metrics(self) -> dict[str, float]:
        lines = [json.loads(line) for line in (self.folder / "events.jsonl").read_text().splitlines()]
        return {line["name"]: line["value"] for line in lines if line["event"] == "metric"}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    device = HostMemory(pace=(1.0, 1.0, 1.0, 1.5, 9.0))
    monkeypatch.setattr(executing, "open_device", lambda: device)
    monkeypatch.setattr(executing, "MEASURE_S", 0.0)
    monkeypatch.setattr(executing, "WARM_UP_S", 0.0)
    return Bench(tmp_path, device)


def samples(number: int = 3, shape: tuple[int, ...] = SHAPE) -> Any:
    return np.arange(number * int(np.prod(shape)), dtype=np.float32).reshape(number, *shape)


@pytest.mark.parametrize("kind", [ByTensor, ByBinding])
def test_every_sample_gives_its_outputs(bench: Bench, kind: type[Engine]) -> None:
    outputs = bench.execute(kind(bench.device, SHAPE), x=samples())
    np.testing.assert_array_equal(outputs["y"], samples() * 2)


def test_an_implicit_batch_is_one(bench: Bench) -> None:
    outputs = bench.execute(Implicit(bench.device, SHAPE[1:]), x=samples())
    np.testing.assert_array_equal(outputs["y"], samples() * 2)


def test_open_dimensions_take_the_samples(bench: Bench) -> None:
    outputs = bench.execute(ByTensor(bench.device, (-1, 2, 3)), x=samples())
    assert outputs["y"].shape == (3, *SHAPE)


@pytest.mark.parametrize("narrow", [Type.HALF, Type.BF16])
def test_narrow_outputs_are_widened(bench: Bench, narrow: Type) -> None:
    outputs = bench.execute(ByTensor(bench.device, SHAPE, narrow), x=samples())
    assert outputs["y"].dtype == np.float32
    np.testing.assert_array_equal(outputs["y"], samples() * 2)  # small whole numbers fit both


def test_latency_is_a_median_with_its_spread(bench: Bench) -> None:
    engine = ByTensor(bench.device, SHAPE)
    bench.execute(engine, x=samples())
    metrics = bench.metrics()
    assert metrics["latency_ms"] == 1.0
    assert metrics["latency_mad_ms"] == 0.0
    assert metrics["latency_p95_ms"] == 9.0
    assert metrics["executions"] == 10
    assert engine.runs == 3 + 10 + 10


def test_an_input_without_samples_is_named(bench: Bench) -> None:
    with pytest.raises(CaseFailed, match="no samples for the input x"):
        bench.execute(ByTensor(bench.device, SHAPE), other=samples())


def test_a_shape_that_the_engine_refuses(bench: Bench) -> None:
    with pytest.raises(CaseFailed, match=r"input x does not take the shape \(1, 2, 4\)"):
        bench.execute(ByTensor(bench.device, SHAPE), x=samples(shape=(1, 2, 4)))


def test_an_engine_that_its_own_library_does_not_read(bench: Bench) -> None:
    with pytest.raises(CaseFailed, match="does not read the engine that it has built"):
        bench.execute(None, x=samples())


def test_a_type_that_numpy_cannot_hold(bench: Bench) -> None:
    with pytest.raises(CaseFailed, match="y is FP4"):
        bench.execute(ByTensor(bench.device, SHAPE, Type.FP4), x=samples())


def test_inputs_of_different_length(bench: Bench) -> None:
    with pytest.raises(CaseFailed, match="different numbers of them"):
        bench.execute(ByTensor(bench.device, SHAPE), x=samples(3), z=samples(2))


def test_pictures_beside_the_samples_are_run_too_and_their_rows_kept(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = str(bench.folder / "pictures.npz")
    np.savez(given, x=samples(4).astype(np.int16))
    monkeypatch.setattr(many, "candidates", lambda _outputs: np.array([1]))
    monkeypatch.setattr(many, "pictures", lambda _samples: given)
    bench.execute(ByTensor(bench.device, SHAPE), x=samples())
    with np.load(bench.folder / "wider.npz") as kept:
        np.testing.assert_array_equal(kept["y"], samples(4)[:, 0, 1] * 2)
        assert (kept["picture"].tolist(), kept["anchor"].tolist()) == ([0, 1, 2, 3], [1, 1, 1, 1])
    assert '"event": "wider", "pictures": 4' in (bench.folder / "events.jsonl").read_text()
