"""The rules: data in ``data/*.yaml``, checked when read. A new rule is an entry with an example, no code."""

from __future__ import annotations

import hashlib
from functools import cache, partial
from importlib import resources

from harness.findings.rules.load import pack, unpack
from harness.findings.rules.model import Rule
from harness.kept import kept


@cache
def rules() -> tuple[Rule, ...]:
    """All shipped rules, in the order of their files."""
    return tuple(rule for name, text in _files() for rule in unpack(_packed(name, text), file=name))


@cache
def by_id() -> dict[str, Rule]:
    return {rule.id: rule for rule in rules()}


@cache
def rules_hash() -> str:
    """Changes whenever a finding could change: of the rules' files, without reading them as YAML."""
    digest = hashlib.sha256()
    for name, text in _files():
        digest.update(f"{name}\0{len(text)}\0".encode())
        digest.update(text)
    return digest.hexdigest()[:16]


def _packed(name: str, text: bytes) -> bytes:
    return kept(f"rules-{name}", text, partial(pack, text, file=name))


def _files() -> list[tuple[str, bytes]]:
    folder = resources.files(__package__) / "data"
    found = [(entry.name, entry.read_bytes()) for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    return sorted(found)
