from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.evidence.records import Cost, Host, RunInfo
from harness.matrix.expand import expand
from harness.matrix.load import load
from harness.matrix.matrix import Matrix
from harness.matrix.plan import Plan
from harness.matrix.preflight import preflight

BASE = """\
version: 1
grids:
  - flavour: tensorrt-rtx
    environment: wheels
    axes: {version: ["1.6.1", "1.7.1"], cuda: ["12.9"]}
subjects:
  - name: face
    model: retinaface
    options: {backbone: mobilenet0.25, size: 640, weights: "seed:7"}
    routes: [onnx]
    recipes: [fp32, fp16-flag]
"""
SUBJECTS = "\n" + BASE[BASE.index("subjects:") :]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Write a matrix file; a text that begins with ``grids`` gets the version and a subject."""

    def write(text: str) -> Path:
        path = tmp_path / "matrix.yaml"
        path.write_text(f"version: 1\n{text}{SUBJECTS}" if text.startswith("grids") else text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def expanded(write: Callable[[str], Path]) -> Callable[[str], Matrix]:
    """The matrix of a file's text, for a host with Python 3.11."""
    return lambda text: expand(load(write(text)), "3.11")


@pytest.fixture
def planned(expanded: Callable[[str], Matrix]) -> Callable[..., Plan]:
    """The plan of a file's text on a host; every environment can be made, none costs anything."""

    def planned(text: str, host: Host) -> Plan:
        return preflight(expanded(text), host, lambda _: "", lambda _: Cost())

    return planned


@pytest.fixture
def base() -> str:
    """Two cells, one subject, two recipes."""
    return BASE


@pytest.fixture
def bare() -> Host:
    """A host without Docker and GPU."""
    return Host(os="Debian", machine="x86_64", cores=2, memory_bytes=1, python="3.11")


@pytest.fixture
def workstation() -> Host:
    """A host with both."""
    return Host(
        os="Ubuntu",
        machine="x86_64",
        cores=2,
        memory_bytes=1,
        python="3.12",
        docker="27.3.1",
        driver="560.35.03",
        gpus=["NVIDIA GeForce RTX 4090 (sm89)"],
    )


@pytest.fixture
def run_info(bare: Host) -> Callable[[], RunInfo]:
    """The head of some run."""
    return lambda: RunInfo(
        id="plan", started="2026-11-23T08:00:00Z", harness="0", host=bare, matrix="m.yaml", matrix_sha256="00"
    )
