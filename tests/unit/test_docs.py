"""The documentation names every command, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.cli import COMMANDS
from harness.errors import Exit

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
