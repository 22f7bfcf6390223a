from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.neutral import neutral, one_line

STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_every_steering_character_becomes_visible() -> None:
    characters = [chr(code) for code in range(sys.maxunicode + 1)]
    steering = [c for c in characters if unicodedata.category(c) in STEERING and c not in "\n\t"]
    assert [c for c in steering if not neutral(c).startswith("\\")] == []


@pytest.mark.parametrize("text", ["plain", "Gewichte über 2⁻²⁴", "日本語", "two\nlines\tand a tab", "C:\\temp"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert neutral(text) == text


def test_ansi_and_bidi_are_shown() -> None:
    assert neutral("\x1b[31mred\u202eder") == "\\x1b[31mred\\u202eder"
    assert one_line("a\r\nb") == "a\\r\\nb"


@given(st.text())
def test_twice_is_once(text: str) -> None:
    assert neutral(neutral(text)) == neutral(text)
    assert one_line(text).isprintable() or not any(unicodedata.category(c) in STEERING for c in one_line(text))
