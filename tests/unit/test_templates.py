from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from harness import templates


def test_html_is_escaped_and_neutralised(tmp_path: Path) -> None:
    (tmp_path / "page.html.j2").write_text("<p>{{ text }}</p>")
    rendered = templates.render(tmp_path, "page.html.j2", text="<b>\x1b[31m & \u202e")
    assert rendered == "<p>&lt;b&gt;\\x1b[31m &amp; \\u202e</p>"


def test_other_text_is_not_escaped(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile.j2").write_text("RUN {{ command }}\n")
    assert templates.render(tmp_path, "Dockerfile.j2", command="a && b") == "RUN a && b\n"


def test_unknown_name_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("{{ missing }}")
    with pytest.raises(UndefinedError, match="missing"):
        templates.render(tmp_path, "page.html")


def test_trusted_text_stays(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<script>{{ script }}</script>")
    assert templates.render(tmp_path, "page.html", script=templates.trusted("1 < 2")) == "<script>1 < 2</script>"


def test_an_installed_package_has_its_own_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "harness"
    package.mkdir()
    monkeypatch.setattr(templates, "_PACKAGE", package)
    monkeypatch.setattr(templates, "_CHECKOUT", tmp_path)
    assert templates.folder("reports/templates") == tmp_path / "reports/templates"
    (package / "reports" / "templates").mkdir(parents=True)
    assert templates.folder("reports/templates") == package / "reports/templates"


def test_backticks_become_code_and_everything_is_escaped() -> None:
    assert str(templates.coded("run `a <b>` & look")) == "run <code>a &lt;b&gt;</code> &amp; look"
    assert str(templates.coded("one ` alone <i>")) == "one ` alone &lt;i&gt;"
