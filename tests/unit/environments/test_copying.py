"""What is sent to a daemon that does not see our files. The daemon is a stand-in that remembers what it was asked."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from harness.environments.copying import STOP, carried
from harness.environments.engine import Engine, Refused
from harness.environments.labels import for_container, is_abandoned
from harness.execute.job import STOP_FILE


@dataclass
class StandIn:
    volumes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    containers: dict[str, dict[str, Any]] = field(default_factory=dict)
    sent: dict[str, list[tarfile.TarInfo]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    refuses: str = ""

    def create_volume(self, name: str, labels: Mapping[str, str]) -> None:
        self.volumes[name] = labels

    def remove_volume(self, name: str) -> None:
        assert not self.containers, "a volume cannot go before its container"
        del self.volumes[name]

    def create(self, body: dict[str, Any], name: str) -> str:
        self.containers[name] = body
        return name

    def remove(self, name: str) -> None:
        del self.containers[name]

    def put(self, container: str, path: str, pieces: Iterable[bytes]) -> None:
        assert container in self.containers
        if path == self.refuses:
            raise Refused("no space left on device")
        with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as archive:
            self.sent.setdefault(path, []).extend(archive.getmembers())
            for member in archive.getmembers():
                content = archive.extractfile(member)
                if content:
                    self.files[str(Path(path, member.name))] = content.read()


LABELS = for_container("cell", "run", 60)


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "job.json").write_text(json.dumps({"cell": "x", "tokens": "/fifo"}))
    return folder


@pytest.fixture
def inputs(tmp_path: Path) -> tuple[Path, ...]:
    for name in ("model", "model/inner", "samples"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "data").write_text(name)
    return tuple(tmp_path / name for name in ("model", "model/inner", "samples"))


def sending(engine: StandIn, evidence: Path, inputs: tuple[Path, ...]) -> Any:
    return carried(
        cast("Engine", engine), image="i", labels=LABELS, evidence=evidence, inputs=inputs, user="65532:65532"
    )


def test_inputs_are_read_only_and_at_their_own_places(evidence: Path, inputs: tuple[Path, ...]) -> None:
    engine = StandIn()
    with sending(engine, evidence, inputs) as files:
        seen = {mount.target: (mount.kind, mount.writable) for mount in files.mounts}
        kinds = {mount["Type"] for body in engine.containers.values() for mount in body["HostConfig"]["Mounts"]}
    assert seen == {
        str(evidence.parent): ("volume", True),
        str(inputs[0]): ("volume", False),
        str(inputs[2]): ("volume", False),
    }
    assert kinds == {"volume"}
    assert {engine.files[str(path / "data")] for path in inputs} == {b"model", b"model/inner", b"samples"}


def test_the_evidence_belongs_to_the_cells_user_and_its_job_has_no_tokens(evidence: Path) -> None:
    engine = StandIn()
    with sending(engine, evidence, ()):
        pass
    assert [(info.name, info.uid, info.gid) for info in engine.sent[str(evidence.parent)]] == [
        ("evidence", 65532, 65532),
        ("evidence/job.json", 65532, 65532),
    ]
    assert json.loads(engine.files[str(evidence / "job.json")]) == {"cell": "x", "tokens": None}
    assert json.loads((evidence / "job.json").read_text())["tokens"] == "/fifo"


def test_what_was_timed_before_goes_along(evidence: Path) -> None:
    engine = StandIn()
    (evidence / "timing.cache").write_bytes(b"timed")
    with sending(engine, evidence, ()):
        pass
    assert engine.files[str(evidence / "timing.cache")] == b"timed"


@pytest.fixture(params=["", "samples"])
def full(request: pytest.FixtureRequest, tmp_path: Path) -> StandIn:
    return StandIn(refuses=str(tmp_path / request.param) if request.param else "")


def test_nothing_stays(full: StandIn, evidence: Path, inputs: tuple[Path, ...]) -> None:
    try:
        with sending(full, evidence, inputs):
            assert full.volumes
    except Refused:
        assert full.refuses
    assert (full.volumes, full.containers) == ({}, {})


def test_what_stays_is_known_by_its_labels(evidence: Path) -> None:
    engine = StandIn()
    with sending(engine, evidence, ()):
        (labels,) = engine.volumes.values()
    assert labels["org.trt-matrix"] == "volume"
    assert not is_abandoned(labels, time.time())
    gone = {**labels, "org.trt-matrix.owner": labels["org.trt-matrix.owner"].rpartition(":")[0] + ":1"}
    assert is_abandoned(gone, time.time())


def test_the_request_to_stop_is_carried_over(evidence: Path) -> None:
    engine = StandIn()
    assert STOP == STOP_FILE
    with sending(engine, evidence, ()) as files, files.told_to_stop():
        (evidence / STOP_FILE).touch()
        until = time.monotonic() + 10
        while str(evidence / STOP_FILE) not in engine.files:
            assert time.monotonic() < until
            time.sleep(0.02)
