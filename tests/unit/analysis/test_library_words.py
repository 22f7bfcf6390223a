from __future__ import annotations

import pytest

from harness.analysis.library_words import library_words
from harness.versions import Release


def told(old: str, new: str) -> str:
    section = library_words(Release.parse(old), Release.parse(new))
    assert section.sources
    assert all(statement.sources for statement in section.statements)
    return "\n".join(statement.text for statement in section.statements) or section.none


def test_what_only_the_newer_one_has_words_for() -> None:
    text = told("8.2.3", "8.6.1")
    assert "Only tensorrt 8.6.1 has words for these" in text
    assert "Weights are subnormal in FP16" in text


def test_what_the_newer_one_is_mute_about() -> None:
    text = told("8.6.1", "tensorrt-rtx 1.7.1")
    assert text.startswith("Only tensorrt 8.6.1 has words for these; tensorrt-rtx 1.7.1 is mute about them")
    assert "Calibration gave no scales at all" in text.splitlines()[0]


def test_the_same_said_in_different_words_is_neither_lost_nor_gained() -> None:
    text = told("8.4.3", "8.6.1")
    (line,) = [line for line in text.splitlines() if "Weights are subnormal in FP16" in line]
    assert line.startswith("Both say these in different words")
    assert "Only tensorrt 8.4.3" not in text


@pytest.mark.parametrize(
    ("old", "new", "none"),
    [
        ("8.6.1", "8.6.1", "The same things in the same words."),
        ("8.6.1", "9.3.0", "Not known: no catalogue of tensorrt 9.3.0's"),
    ],
)
def test_nothing_to_tell_is_told(old: str, new: str, none: str) -> None:
    assert told(old, new).startswith(none)
