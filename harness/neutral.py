"""Make untrusted text harmless to look at: what would steer a terminal or reorder a line becomes a visible escape.

This is not escaping for HTML, Markdown or XML: each writer still escapes for its own format.
"""

from __future__ import annotations

import re
from functools import cache

# Unicode's categories Cc (but for tab and line feed), Cf, Cs, Zl and Zp; a test compares with unicodedata.
_STEERING = (
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad"
    "\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0001\U000e0020-\U000e007f"
    "]"
)


@cache
def _steering() -> re.Pattern[str]:
    """Made where there is something to be seen: it takes 2 ms, and most commands show none."""
    return re.compile(_STEERING)


def neutral(text: str) -> str:
    """Control bytes, ANSI, bidi marks, lone surrogates as ``\\x1b``, ``\\u202e``; lines and tabs stay."""
    return text if text.isprintable() else _steering().sub(_visible, text)


def one_line(text: str) -> str:
    """The same, with line feeds and tabs made visible too: for a place that holds one line."""
    return neutral(text).replace("\n", "\\n").replace("\t", "\\t")


def _visible(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
