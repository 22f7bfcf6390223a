"""The search in two steps finds what one search for everything would."""

from __future__ import annotations

import random
import re

import pytest

from harness.findings import scan
from harness.findings.error_lines import ERROR_MARKS
from harness.findings.rules import rules
from harness.findings.rules.pattern import anchor
from harness.findings.scan import expression_of, has_hyperscan, words_of

TEXTS = (
    *ERROR_MARKS,
    *(expression_of(anchor(pattern)) for rule in rules() for pattern in rule.patterns),
)


def plain(text: str) -> str:
    """A text as it would stand in a log."""
    return re.sub(r"\\(.)", r"\1", text.removeprefix("(?i)").replace(r"\n", "\n"))


@pytest.mark.parametrize("text", sorted(set(TEXTS)))
def test_each_text_has_a_word_of_the_first_step(text: str) -> None:
    assert any(re.search(word, plain(text)) for word in words_of(TEXTS))


@pytest.mark.skipif(not has_hyperscan(), reason="Hyperscan is not installed")
@pytest.mark.parametrize("share", [0.01, 0.9])
def test_both_searches_find_the_same(share: float) -> None:
    """With few lines that matter, and with so many that all is searched at once."""
    chance = random.Random(1)
    lines = [
        f"[V] {plain(chance.choice(TEXTS))} {number}" if chance.random() < share else f"[V] Tactic: {number} Time: 0.1"
        for number in range(4000)
    ]
    block = bytearray("\n".join(lines).encode())
    numbers = {text: number for number, text in enumerate(dict.fromkeys(TEXTS))}
    found = [set(search(numbers)(block, range(0)).hits) for search in (scan._hyperscan, scan._regular)]
    assert found[0] == found[1]
    assert len(found[0]) > 4000 * share


@pytest.mark.skipif(not has_hyperscan(), reason="Hyperscan is not installed")
def test_what_was_kept_by_another_hyperscan_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "kept", lambda *_: b"of another kind of processor")
    block = bytearray(b"nothing\nit failed here\n")
    assert scan.scanner({"failed": 3})(block, range(len(block))).hits == [(17, 3)]
