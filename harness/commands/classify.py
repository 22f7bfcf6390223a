"""``trt-matrix classify``: first cause, consequences, what it means, what to do, of any TensorRT log."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import msgspec

from harness.errors import Exit
from harness.findings.classify import Classification, classify, classify_file
from harness.findings.show import as_text
from harness.neutral import one_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("logs", nargs="*", metavar="LOG", help="a log of any size; - or nothing: standard input")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(arguments: argparse.Namespace) -> int:
    return classify_logs(arguments.logs or ["-"], as_json=arguments.json)


def classify_logs(logs: list[str], *, as_json: bool) -> int:
    """Exit status 1 where any log has a fatal or degrading finding, so that a script can ask."""
    found = {log: _classified(log) for log in logs}
    if as_json:
        shown = [
            {"log": log, "first_cause": one.first_cause, "findings": msgspec.to_builtins(one.findings)}
            for log, one in found.items()
        ]
        print(json.dumps(shown, indent=1))
    else:
        print(
            "\n\n".join(
                _EMPTY.format(one_line(log)) if _is_empty(log) else as_text(log, one) for log, one in found.items()
            )
        )
    return Exit.UNEXPECTED if any(one.first_cause for one in found.values()) else Exit.OK


# Silence is not health.
_EMPTY = "{}: is empty, so it tells nothing"


def _is_empty(log: str) -> bool:
    return log != "-" and Path(log).is_file() and Path(log).stat().st_size == 0


def _classified(log: str) -> Classification:
    if log == "-":
        return classify(sys.stdin.buffer, file="standard input")
    return classify_file(Path(log))
