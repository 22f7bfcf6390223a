"""docs/your-model.md and examples/onnx-models.yaml: the matrices plan, the commands are commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from harness.cli import build_parser
from harness.evidence.records import Host
from harness.planning import make_plan

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/your-model.md").read_text(encoding="utf-8")
BARE = Host(os="Debian", machine="x86_64", cores=2, memory_bytes=1, python="3.11")


def test_the_pages_matrix_plans(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0], encoding="utf-8")
    (first, _) = make_plan(path, BARE).plan.cells
    assert first.cases[0].case.id == "my-model.onnx.fp32.sm86"
    assert len(first.cases) == 6


@pytest.mark.parametrize("line", re.findall(r"^trt-matrix (.*)$", PAGE, re.MULTILINE))
def test_each_command_line_parses(line: str) -> None:
    words = shlex.split(line)
    assert build_parser(words).parse_args(words).command == words[0]


def test_the_example_names_what_the_tool_writes(tmp_path: Path) -> None:
    cells = make_plan(ROOT / "examples/onnx-models.yaml", BARE).plan.cells
    assert len(cells) == 6
    named = {Path(str(case.case.subject.options["path"])).stem for case in cells[0].cases}
    text = (ROOT / "tools/onnx_models.py").read_text(encoding="utf-8")
    assert len(named) == 9
    assert all(f'"{name}"' in text or f"{name}.onnx" in text for name in named)
