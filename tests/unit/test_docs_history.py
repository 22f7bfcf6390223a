"""The commands that docs/history.md and docs/nightly.md show are commands; their YAML is YAML."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from harness.cli import COMMANDS, build_parser

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("docs/history.md", "docs/nightly.md")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


def commands() -> list[str]:
    lines = [line for page in PAGES for block in blocks(page, "sh") for line in block.splitlines()]
    return [line for line in lines if line.startswith("trt-matrix ")]


@pytest.mark.parametrize("line", commands())
def test_each_command_line_parses(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    assert words[0] in COMMANDS
    assert build_parser(words).parse_args(words).command == words[0]


def test_the_commands_are_shown_at_all() -> None:
    assert {line.split()[1] for line in commands()} >= {
        "compare",
        "search",
        "triage",
        "repro",
        "dashboard",
        "import",
        "pin",
    }


def test_the_workflows_are_yaml() -> None:
    for block in blocks("docs/nightly.md", "yaml"):
        assert yaml.safe_load(block)


def test_the_action_hands_inputs_over_by_the_environment() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    steps = action["runs"]["steps"]
    assert action["runs"]["using"] == "composite"
    assert all("${{" not in step["run"] and step["shell"] == "bash" for step in steps)
    used = {
        name
        for step in steps
        for name in re.findall(r"inputs\.([\w-]+)", str(step.get("env", {})) + str(step.get("if", "")))
    }
    assert used == set(action["inputs"])
