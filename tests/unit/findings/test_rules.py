"""Each example of each rule is a test."""

from __future__ import annotations

import pytest

from harness.errors import ConfigError
from harness.findings.classify import classify_text
from harness.findings.rules import by_id, rules
from harness.findings.rules.load import check, parse_rules
from harness.findings.rules.model import Example, Rule
from harness.findings.rules.pattern import compiled

EXAMPLES = [(rule, number, example) for rule in rules() for number, example in enumerate(rule.examples)]


@pytest.mark.parametrize(
    ("rule", "example"),
    [pytest.param(rule, example, id=f"{rule.id}-{number}") for rule, number, example in EXAMPLES],
)
def test_example_is_recognised(rule: Rule, example: Example) -> None:
    found = {finding.rule: finding for finding in classify_text(example.text).findings}
    assert [name for name, finding in found.items() if not finding.consequence_of] == [rule.id]
    facts = found[rule.id].facts
    assert {name: facts.get(name) for name in example.facts} == example.facts


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_patterns_are_sound(rule: Rule) -> None:
    check(rule, file="shipped")


BROKEN = """
family: f
rules:
  - {id: r, title: t, severity: fatal, patterns: ['PATTERN'], explanation: e, advice: [], sources: [],
     examples: [{text: x}]}
"""


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("constant text (", "is not a regular expression"),
        ("constant .* text", "repeats without bound"),
        ("(?:a|b)", "has no constant text"),
    ],
)
def test_a_pattern_that_cannot_work_is_refused(pattern: str, message: str) -> None:
    (rule,) = parse_rules(BROKEN.replace("PATTERN", pattern).encode(), file="mine.yaml")
    with pytest.raises(ConfigError, match=message):
        check(rule, file="mine.yaml")


@pytest.mark.parametrize("text", ["{", "rules: []", "family: f\nrules: [{id: r}]", BROKEN.replace("fatal", "bad")])
def test_a_file_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"mine\.yaml"):
        parse_rules(text.encode(), file="mine.yaml")


@pytest.mark.parametrize(
    ("expression", "text", "found"),
    [
        ("not within range", "not  within\nrange", True),
        ("can ?not be read", "cannot be read", True),
        ("can ?not be read", "can not be read", True),
        ("can ?not be read", "canAnot be read", False),
        ("two words", "twowords", False),
    ],
)
def test_spaces_of_a_pattern_stand_for_any_white_space(expression: str, text: str, found: bool) -> None:
    assert bool(compiled(expression).search(text)) is found


def test_ids_are_unique() -> None:
    assert len(by_id()) == len(rules())


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_named_rules_exist(rule: Rule) -> None:
    assert set(rule.part_of) | set(rule.consequence_of) <= set(by_id())
