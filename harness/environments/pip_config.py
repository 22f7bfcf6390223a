"""pip's configuration in the words of uv, which reads none of it.

People who are behind a proxy or a mirror have told pip; they need not tell it again.
"""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

# pip's option -> uv's environment variable.
_OPTIONS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "no-index": "UV_NO_INDEX",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}
# uv splits each of these on another character than pip does.
_SEPARATORS = {"UV_INDEX": " ", "UV_FIND_LINKS": ",", "UV_INSECURE_HOST": " "}


def as_uv(environment: Mapping[str, str], files: Iterable[Path] | None = None) -> dict[str, str]:
    """uv's variables for what pip is told by its files and by ``PIP_*``; what ``environment`` already has stays."""
    options: dict[str, str] = {}
    for file in config_files(environment) if files is None else files:
        options |= read(file)
    for name in _OPTIONS:
        value = environment.get(f"PIP_{name.upper().replace('-', '_')}", "")
        if value.strip():
            options[name] = value
    given = {_OPTIONS[name]: value for name, value in options.items() if name in _OPTIONS}
    return {name: _separated(name, value) for name, value in given.items() if name not in environment}


def read(file: Path) -> dict[str, str]:
    """Options of a ``pip.conf``; a file that cannot be read or understood has none, as it is pip's to complain."""
    parser = configparser.RawConfigParser()
    try:
        parser.read(file, encoding="utf-8")
    except (configparser.Error, OSError, UnicodeDecodeError):
        return {}
    sections = [section for section in ("global", "install") if parser.has_section(section)]
    return {name.replace("_", "-"): value for section in sections for name, value in parser.items(section)}


def config_files(environment: Mapping[str, str]) -> list[Path]:
    """Where pip looks, the stronger later."""
    if environment.get("PIP_CONFIG_FILE") == os.devnull:
        return []
    home = Path(environment.get("HOME", "~")).expanduser()
    user = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    files = [Path("/etc/xdg/pip/pip.conf"), Path("/etc/pip.conf"), home / ".pip" / "pip.conf"]
    files += [user / "pip" / "pip.conf", Path(sys.prefix) / "pip.conf"]
    named = environment.get("PIP_CONFIG_FILE")
    return [*files, Path(named)] if named else files


def _separated(name: str, value: str) -> str:
    separator = _SEPARATORS.get(name)
    return value.strip() if separator is None else separator.join(value.split())
