"""Several regular expressions as one question.

Python's ``re`` tries each branch of a choice at every letter of a text. Here each is an expression of its own, tried
only in a text that has a word which it cannot do without.
"""

from __future__ import annotations

import re
from functools import cached_property

from harness.findings.rules.pattern import constant

# Found in no text.
NEVER = r"(?!)"


class AnyOf:
    """Whether any of ``expressions`` is found in a text. Those that begin with ``^`` stand at its head alone."""

    def __init__(self, *expressions: str) -> None:
        self._expressions = expressions

    def found_in(self, text: str) -> bool:
        head, within = self._compiled
        if head.match(text):
            return True
        return any(word in text and expression.search(text) for word, expression in within)

    @cached_property
    def _compiled(self) -> tuple[re.Pattern[str], list[tuple[str, re.Pattern[str]]]]:
        """When it is first asked: a run of which nothing is judged anew must not pay for it."""
        heads = [one for one in self._expressions if one.startswith("^")]
        within = [(constant(one), re.compile(one)) for one in self._expressions if one not in heads]
        return re.compile("|".join(heads) or NEVER), within
