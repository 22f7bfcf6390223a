"""What every match of a pattern contains: nothing that a pattern finds is lost by asking for that first."""

from __future__ import annotations

import pytest

from harness.findings.rules import rules
from harness.findings.rules.needed import in_small, needed
from harness.findings.rules.pattern import anchor, compiled
from harness.findings.rules.searched import Searched, searched


@pytest.mark.parametrize(
    ("expression", "choices"),
    [
        ("Assertion (?P<what>[^\n]{1,80}) failed", (("assertion",), ("failed",))),
        ("[eE]ngine (?:file )?not found", (("engine",), ("found",), ("not",))),
        ("(?:load|loading|read) of the plan", (("plan",), ("the",), ("load", "loading", "read"))),
        # One branch has no text of its own, so none is needed.
        (r"(?:load|\d{3}) failed", (("failed",),)),
        ("(?i)CUDA (?:error){1,2}", (("error",), ("cuda",))),
        ("x(?!not this)ab(?=nor this)", ()),
        ("[^a]bcde", (("bcde",),)),
    ],
)
def test_the_texts_that_each_match_has(expression: str, choices: tuple[tuple[str, ...], ...]) -> None:
    assert needed(expression) == choices


def test_no_example_is_lost() -> None:
    """By any pattern of any rule: each finds what it finds without being asked for its texts."""
    texts = [example.text for rule in rules() for example in rule.examples]
    found = 0
    for pattern in searched().values():
        alone = compiled(pattern.expression)
        for text in texts:
            if plain := alone.search(text):
                quick = pattern.search(text, in_small(text))
                assert quick, (pattern.expression, text)
                assert quick.span() == plain.span()
                found += 1
    assert found > len(texts)


def test_letters_that_are_alike_to_re_alone_are_left_to_it() -> None:
    """The long s is an s to ``re`` where case is ignored, but not in small letters."""
    expression, text = "(?i)unsupported", "unſupported"
    pattern = Searched(expression, anchor(expression), needed(expression))
    assert pattern.needed == (("unsupported",),)
    assert pattern.search(text, in_small(text))


def test_a_pattern_is_not_searched_for_where_a_text_is_missing() -> None:
    pattern = next(one for one in searched().values() if one.needed)
    assert pattern.search("nothing of it", in_small("nothing of it")) is None
