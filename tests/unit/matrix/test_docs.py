"""docs/matrix.md: its file is a valid matrix, its commands are commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from harness.cli import build_parser
from harness.evidence.records import Host
from harness.matrix.schema import GridModel
from harness.planning import make_plan

PAGE = (Path(__file__).parents[3] / "docs/matrix.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^trt-matrix (.*)$", PAGE, re.MULTILINE)


def test_the_small_matrix_is_one(tmp_path: Path, bare: Host) -> None:
    text = next(block for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if block.startswith("version: 1"))
    path = tmp_path / "matrix.yaml"
    path.write_text(text, encoding="utf-8")
    planned = make_plan(path, bare)
    assert [cell.cell.id for cell in planned.matrix.cells] == [
        "trtrtx1.6.1-cuda12.9-wheels",
        "trtrtx1.7.1-cuda12.9-wheels",
        "trtrtx1.7.1-cuda13.4-wheels",
        "trt8.6.1-cuda12.3-ubuntu22.04",
        "trt10.8.0-cuda12.8-ubuntu24.04",
    ]
    assert planned.matrix.waivers[0].covers("trt8.6.1-cuda12.3-ubuntu22.04", "a.plugin.int8-qdq.device")


def test_it_shows_commands() -> None:
    assert len(COMMANDS) >= 4


@pytest.mark.parametrize("line", COMMANDS)
def test_the_commands_parse(line: str) -> None:
    words = shlex.split(line)
    assert build_parser(words).parse_args(words).command == words[0]


@pytest.mark.parametrize("key", list(GridModel.__struct_fields__))
def test_every_key_of_a_grid_is_explained(key: str) -> None:
    assert f"| `{key}` |" in PAGE
