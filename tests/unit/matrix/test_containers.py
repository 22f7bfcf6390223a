from __future__ import annotations

from pathlib import Path

from harness.matrix.cell import EnvironmentKind
from harness.matrix.containers import in_containers
from harness.matrix.expand import expand
from harness.matrix.load import load
from harness.versions import Flavour

SHIPPED = expand(load(Path(__file__).parents[3] / "matrix.yaml"), "3.13")


def test_cells_of_wheels_become_containers() -> None:
    cells = [entry.cell for entry in in_containers(SHIPPED).cells if entry.cell.release.flavour is Flavour.TENSORRT_RTX]
    assert len(cells) == 6
    assert {(cell.environment, cell.source, cell.python) for cell in cells} == {
        (EnvironmentKind.DOCKER, "redist:debian-12", "3.11")
    }
    assert cells[0].id == "trtrtx1.5.0-cuda12.9-docker-debian-12"


def test_other_cells_stay_as_they_are() -> None:
    images = [entry for entry in SHIPPED.cells if entry.cell.environment is EnvironmentKind.DOCKER]
    assert images
    assert set(images) <= set(in_containers(SHIPPED).cells)
