from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

PLACE = Path(__file__).parents[2] / "recorded"


def unpacked(name: str, factory: pytest.TempPathFactory) -> Path:
    place = factory.mktemp("recorded")
    with tarfile.open(PLACE / name / "evidence.tar.xz") as archive:
        archive.extractall(place, filter="data")
    return place


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The evidence of TensorRT 8.6.1 on an H100, unpacked."""
    return unpacked("8.6.1-h100", tmp_path_factory)


@pytest.fixture(scope="session")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The evidence of TensorRT 10.6.0 on an H100, unpacked."""
    return unpacked("10.6.0-h100", tmp_path_factory)
