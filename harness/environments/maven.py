"""Maven's own settings: where the user's organisation keeps a copy of the public repository."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

_CENTRAL = ("*", "central", "external:*")


def mirror(files: Iterable[Path] | None = None) -> str:
    """URL of the first mirror of the central repository in the settings; empty where none is configured.

    A mirror that ``mvn`` would log in to is left to ``mvn``.
    """
    for file in settings_files() if files is None else files:
        found = _mirror(file)
        if found:
            return found
    return ""


def settings_files() -> list[Path]:
    """The user's settings and the installation's, the stronger first."""
    home = os.environ.get("MAVEN_HOME") or os.environ.get("M2_HOME") or "/usr/share/maven"
    return [Path.home() / ".m2" / "settings.xml", Path(home) / "conf" / "settings.xml"]


def _mirror(file: Path) -> str:
    try:
        root = ElementTree.parse(file).getroot()  # noqa: S314 - the user's own file, which mvn reads too
    except (OSError, ElementTree.ParseError):
        return ""
    logins = {_text(server, "id") for server in root.iterfind("{*}servers/{*}server")}
    for each in root.iterfind("{*}mirrors/{*}mirror"):
        url = _text(each, "url")
        if _text(each, "mirrorOf") in _CENTRAL and _text(each, "id") not in logins and url.startswith("http"):
            return url.rstrip("/")
    return ""


def _text(element: ElementTree.Element, name: str) -> str:
    return (element.findtext(f"{{*}}{name}") or "").strip()
