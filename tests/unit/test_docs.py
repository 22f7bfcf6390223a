"""The documentation names every command, and its links lead somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from harness.cli import COMMANDS, build_parser
from harness.errors import Exit
from harness.findings.rules.load import check, parse_rules

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def text() -> str:
    return "\n".join(page.read_text() for page in PAGES)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_in_the_docs(command: str) -> None:
    assert re.search(rf"trt-matrix {command}\b", text())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    links = [link for link in _LINK.findall(page.read_text()) if not link.startswith(("http:", "https:"))]
    assert not [link for link in links if not (page.parent / link).exists()]


def test_the_guide_lists_every_exit_code() -> None:
    rows = re.findall(r"^\| (\d) \| ", (ROOT / "docs" / "guide.md").read_text(), re.MULTILINE)
    assert [int(row) for row in rows] == [code.value for code in Exit]


def test_every_page_is_reached_from_the_readme() -> None:
    reached = {ROOT / "README.md"}
    todo = list(reached)
    while todo:
        page = todo.pop()
        for link in _LINK.findall(page.read_text()):
            target = (page.parent / link).resolve()
            if target.suffix == ".md" and target.exists() and target not in reached:
                reached.add(target)
                todo.append(target)
    assert set(PAGES) <= reached


def test_the_rule_in_the_docs_works() -> None:
    (shown,) = re.findall(r"```yaml\n(family: mine\n.*?)```", (ROOT / "docs" / "findings.md").read_text(), re.DOTALL)
    (rule,) = parse_rules(shown.encode(), file="docs")
    check(rule, file="docs")
    (example,) = rule.examples
    found = re.search(rule.patterns[0], example.text)
    assert found is not None
    assert {name: int(value) for name, value in found.groupdict().items()} == example.facts


# What stands for something else in a table or a sentence.
_STANDING_FOR = ("search", "triage --try-remedies", "gc --keep N")
_COMMAND = re.compile(r"trt-matrix ([a-z][^`\n]*)")


def commands() -> list[str]:
    found = (match[1] for match in _COMMAND.finditer(text()))
    words = (re.split(r" \| |;|  #| >", one)[0].strip() for one in found)
    return sorted({one for one in words if one.split()[0] in COMMANDS and one not in _STANDING_FOR})


@pytest.mark.parametrize("command", commands())
def test_commands_in_the_docs_are_understood(command: str) -> None:
    words = shlex.split(command)
    assert build_parser(words).parse_args(words).command == words[0]
