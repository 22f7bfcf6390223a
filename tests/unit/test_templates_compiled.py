"""Compiled templates are kept, and a changed template is still noticed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import templates


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    package = tmp_path / "package"
    (package / "__pycache__").mkdir(parents=True)
    monkeypatch.setattr(templates, "_PACKAGE", package)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    templates.environment.cache_clear()
    yield package / "__pycache__"
    templates.environment.cache_clear()


def test_a_changed_template_is_compiled_again(kept: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("before {{ word }}")
    assert templates.render(tmp_path, "page.html", word="<") == "before &lt;"
    assert len(list(kept.iterdir())) == 1
    page.write_text("after {{ word }}")
    templates.environment.cache_clear()
    assert templates.render(tmp_path, "page.html", word="<") == "after &lt;"


def test_a_folder_that_is_not_there_costs_no_page(kept: Path, tmp_path: Path) -> None:
    kept.rmdir()
    (tmp_path / "page.html").write_text("{{ word }}")
    assert templates.render(tmp_path, "page.html", word="said") == "said"


def test_nothing_is_kept_where_python_keeps_nothing(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "page.html").write_text("{{ word }}")
    assert templates.render(tmp_path, "page.html", word="said") == "said"
    assert list(kept.iterdir()) == []
