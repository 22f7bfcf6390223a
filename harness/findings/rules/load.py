"""Reads a file of rules and refuses what could not work, naming the rule."""

from __future__ import annotations

from typing import Any

import msgspec

from harness.errors import ConfigError
from harness.findings.rules import pattern
from harness.findings.rules.model import Rule, RuleFile


def parse_rules(text: bytes, *, file: str) -> list[Rule]:
    """The rules of one file, of the right shape; ``check`` looks at their patterns. Raises ConfigError."""
    return unpack(pack(text, file=file), file=file)


def pack(text: bytes, *, file: str) -> bytes:
    """A YAML file as MessagePack, which is read a hundred times as fast. Raises ConfigError."""
    # Seldom asked: what was packed is kept.
    import yaml

    # The C loader is ten times as fast; it is missing only where PyYAML was built without libyaml.
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return msgspec.msgpack.encode(yaml.load(text, Loader=loader))  # noqa: S506  (a safe loader)
    except yaml.YAMLError as error:
        raise ConfigError(f"not YAML: {error}".replace("\n", " "), file=file) from error


def unpack(packed: bytes, *, file: str) -> list[Rule]:
    """The rules in what ``pack`` gives. Raises ConfigError."""
    try:
        parsed = msgspec.msgpack.decode(packed, type=RuleFile)
    except msgspec.ValidationError as error:
        raise ConfigError(f"not a file of rules: {error}", file=file) from error
    return [msgspec.structs.replace(rule, family=parsed.family) for rule in parsed.rules]


def check(rule: Rule, *, file: str) -> None:
    """Refuse a pattern that could not work or would be slow. The shipped rules are checked by the tests."""
    groups: set[str] = set()
    for expression in rule.patterns:
        try:
            groups |= pattern.check(expression)
        except pattern.PatternError as error:
            raise ConfigError(f"rule {rule.id}: pattern {expression!r} {error}", file=file) from error
    if missing := set(rule.integers + rule.lists) - groups:
        raise ConfigError(f"rule {rule.id}: no pattern has a group named {min(missing)}", file=file)
