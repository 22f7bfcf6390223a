from __future__ import annotations

import pytest

from harness.findings.any_of import AnyOf
from harness.findings.rules.pattern import constant

EXPRESSIONS = (r"^\s*Error: ", r"^E: [A-Z]", r"\bexited with code [1-9]", r"(?:a|b) failed$", r"x{2,3}")


@pytest.mark.parametrize(
    ("expression", "word"),
    [
        (r"\bexited with code (?!0\b)\d", "exited"),
        (r"(?:free|realloc)\(\): invalid", "invalid"),
        (r"a|b", ""),
        (r"(?:SIG)?SEGV \(@0x", "SEGV"),
        (r"(?P<kind>out of )memory", "memory"),
    ],
)
def test_the_constant_word_is_the_longest_that_every_match_has(expression: str, word: str) -> None:
    assert constant(expression) == word


@pytest.mark.parametrize("text", ["  Error: x", "E: Unable", "it exited with code 3", "b failed", "axxb"])
def test_each_expression_is_found(text: str) -> None:
    assert AnyOf(*EXPRESSIONS).found_in(text)


@pytest.mark.parametrize("text", ["", "an Error: x", "E: unable", "exited with code 0", "b failed again", "x"])
def test_nothing_else_is_found(text: str) -> None:
    assert not AnyOf(*EXPRESSIONS).found_in(text)


def test_without_one_that_stands_at_the_head_not_every_text_is_found() -> None:
    within = AnyOf(r"\bexited with code")
    assert within.found_in("it exited with code 3")
    assert not within.found_in("it ended")
