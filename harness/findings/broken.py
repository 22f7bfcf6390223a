"""An error line that no rule took may be the head of a message that a terminal broke: the whole of it is judged."""

from __future__ import annotations

import re

from harness.findings.lines import level, message
from harness.findings.rules.model import Rule
from harness.findings.rules.needed import in_small
from harness.findings.rules.searched import wanted
from harness.findings.wrap import neighbours

# A line of a broken message is at least so long.
_NARROWEST = 50
_ENDS = (".", "!", "?", ")")
# TensorRT 10 begins a new line before what an API error says.
_HEAD = re.compile(r"Error Code \d{1,2}:(?: [A-Z][A-Za-z ]{2,30})?\s*$")
_REST = 3


def whole(data: bytearray, start: int) -> list[str]:
    """The line at ``start`` and those after it that look like the rest of it; the line alone where none does."""
    pieces, before = neighbours(data, start)
    run = pieces[before : before + 1]
    for piece in pieces[before + 1 :]:
        # trtexec's own last line is no rest of anything.
        if level(piece[:200]) or piece.startswith("&&&&"):
            break
        run.append(piece)
    # A call or a list whose first bracket is open goes on as well, whatever its width.
    if _HEAD.search(run[0]) or run[0].endswith("("):
        return run[: 1 + _REST]
    width = max(map(len, run), default=0)
    if width < _NARROWEST:
        return run[:1]
    for number in range(len(run) - 1):
        if not _broken(run[number], run[number + 1], width):
            return run[: number + 1]
    return run


def _broken(line: str, after: str, width: int) -> bool:
    """Whether the next line's first word had no place at the end of this one."""
    first = after.split(" ", 1)[0]
    return bool(first) and not line.endswith(_ENDS) and len(line) + 1 + len(first) > width


def rule_of(pieces: list[str]) -> tuple[Rule, str, dict[str, str | None]] | None:
    """The rule that knows a message over several lines, the message, and what its groups hold."""
    for glue in (" ", ""):
        text = glue.join([pieces[0], *map(message, pieces[1:])])
        small = in_small(text)
        for rule, pattern in wanted():
            if found := pattern.search(text, small):
                return rule, text, found.groupdict()
    return None
