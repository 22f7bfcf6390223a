"""Several regular expressions as one question.

Python's ``re`` tries each branch of a choice at every letter of a text. Here each is an expression of its own, tried
only in a text that has a word which it cannot do without.
"""

from __future__ import annotations

import re

from harness.findings.rules.pattern import constant

# Found in no text.
NEVER = r"(?!)"


class AnyOf:
    """Whether any of ``expressions`` is found in a text. Those that begin with ``^`` stand at its head alone."""

    def __init__(self, *expressions: str) -> None:
        heads = [one for one in expressions if one.startswith("^")]
        self._head = re.compile("|".join(heads) or NEVER)
        self._within = [(constant(one), re.compile(one)) for one in expressions if one not in heads]

    def found_in(self, text: str) -> bool:
        if self._head.match(text):
            return True
        return any(word in text and expression.search(text) for word, expression in self._within)
