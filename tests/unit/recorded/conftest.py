from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

RECORDED = Path(__file__).parents[2] / "recorded" / "8.6.1-h100" / "evidence.tar.xz"


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The evidence of TensorRT 8.6.1 on an H100, unpacked."""
    place = tmp_path_factory.mktemp("recorded")
    with tarfile.open(RECORDED) as archive:
        archive.extractall(place, filter="data")
    return place
