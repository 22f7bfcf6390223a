"""Where a proof is to be looked at, among the runs' folders."""

from __future__ import annotations

import re
from urllib.parse import quote

from harness.analysis.changes import Proof
from harness.errors import UsageError
from harness.report import markup

_CASE = re.compile(r"evidence/([^/]+)/([^/]+)")
_URL = re.compile(r"https?://[^\s()<>\"']+")


def address(proof: Proof) -> str:
    """Relative to the runs' folders: a file, or for a case's folder its place on the run's page."""
    case = _CASE.fullmatch(proof.path)
    if case:
        return f"{quote(proof.run)}/index.html#{quote(case[1])}::{quote(case[2])}"
    return quote(f"{proof.run}/{proof.path or 'index.html'}")


def markdown(proof: Proof, url: str = "") -> str:
    """Run and file in words; where the runs' folders are published below ``url``, a link to them."""
    run = f"run {markup.code(proof.run)}"
    if url:
        return f"[{run}{f', line {proof.line}' if proof.line else ''}]({url}/{address(proof)})"
    line = f":{proof.line}" if proof.line else ""
    return run + (f" {markup.code(proof.path + line)}" if proof.path else "")


def checked_url(text: str) -> str:
    """An address without the last slash; raises UsageError for what would not be a link."""
    if text and not _URL.fullmatch(text):
        raise UsageError(f"{text!r} is no address; give the one below which the runs' folders are published")
    return text.rstrip("/")
