"""Markdown as GitHub and GitLab show it, from texts that nobody has checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from harness.neutral import one_line

# What begins markup, a link, an HTML element, a mention or a reference somewhere in a line.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#@&!$])")


def text(value: str) -> str:
    """One line of plain words, in which nothing is markup."""
    return _SPECIAL.sub(r"\\\1", one_line(value)).replace("\\@", "&#64;").replace("://", "&#58;//")


def words(value: str) -> str:
    """Plain words, but what stands between backticks in code type."""
    parts = value.split("`")
    if len(parts) % 2 == 0:
        return text(value)
    return "".join(code(part) if at % 2 else text(part) for at, part in enumerate(parts))


def code(value: str) -> str:
    """A word in code type; works inside a table as well."""
    words = one_line(value).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall("`+", words)), default=0) + 1)
    pad = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{fence}{pad}{words}{pad}{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
