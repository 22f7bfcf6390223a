"""Take out of a text what should not leave the house: home folders, names of users, secrets."""

from __future__ import annotations

import re
from pathlib import Path

_HOME = re.compile(r"(?<!\w)/(?:home|Users)/[^/\s\"':]+|(?<!\w)/root(?=/|\b)")
_SECRETS = (
    re.compile(r"(?P<keep>://)[^/\s:@]+:[^/\s@]+@"),
    re.compile(r"(?i)(?P<keep>\b[\w-]*(?:token|secret|passw(?:or)?d|api[_-]?key|credential)[\w-]*[\"']?\s*[=:]\s*[\"']?)[^\s\"',;&]+"),
    re.compile(r"(?i)(?P<keep>\b(?:authorization|bearer|basic)[\"']?[:\s]+(?:bearer |basic )?)[A-Za-z0-9+/._~=-]{8,}"),
    re.compile(r"(?P<keep>)\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    re.compile(r"(?P<keep>)\b(?:gh[pousr]_[A-Za-z0-9]{20,}|glpat-[\w-]{16,}|nvapi-[\w-]{16,}|hf_[A-Za-z0-9]{20,}|xox[abp]-[\w-]{10,})"),
    re.compile(r"(?P<keep>)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
)  # fmt: skip


def redacted(text: str, *, home: Path | None = None) -> str:
    """The text with ``~`` for every home folder and ``[redacted]`` for what looks like a secret."""
    own = str(home or Path.home())
    if own not in ("", "/"):
        text = re.sub(rf"{re.escape(own)}(?=/|\b)", "~", text)
    text = _HOME.sub("~", text)
    for pattern in _SECRETS:
        text = pattern.sub(r"\g<keep>[redacted]", text)
    return text
