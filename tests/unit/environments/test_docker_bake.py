from __future__ import annotations

import json
import re

from harness.environments.bake import bake
from tests.unit.environments.cells import docker_cell

NGC, UNKNOWN = docker_cell("8.6.1", "ngc:24.01-py3"), docker_cell("8.4.3")
CELLS = [docker_cell(cuda="12.0"), docker_cell(cuda="12.9"), NGC, UNKNOWN]


def test_cells_that_share_an_image_share_a_target() -> None:
    file = json.loads(bake(CELLS))
    assert len(file["group"]["default"]["targets"]) == 2
    assert len(file["target"]) == 4


def test_names_and_references_hold() -> None:
    file = json.loads(bake(CELLS))
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]+", name) for name in (*file["group"], *file["target"]))
    assert {name for group in file["group"].values() for name in group["targets"]} <= set(file["target"])
    for target in file["target"].values():
        assert {value.removeprefix("target:") for value in target["contexts"].values()} <= set(file["target"])
