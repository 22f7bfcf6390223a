"""``trt-matrix doctor``: what this machine has for which cells, what it lacks, and how to get it."""

from __future__ import annotations

import argparse
import json
import os
import textwrap
from dataclasses import asdict
from pathlib import Path

from harness.environments.diagnosis import Check, Standing, checks
from harness.errors import Exit
from harness.evidence.layout import OUT
from harness.matrix.host import detect
from harness.neutral import one_line

_SIGNS = {Standing.OK: "ok     ", Standing.ABSENT: "absent ", Standing.PROBLEM: "PROBLEM"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="where runs are kept (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    return tell(checks(detect(), arguments.out, os.environ), as_json=arguments.json)


def tell(found: list[Check], *, as_json: bool) -> int:
    """Print the checks; 1 where one of them is a problem. What is merely absent is none."""
    if as_json:
        print(json.dumps([asdict(check) for check in found], indent=1))
    else:
        for check in found:
            print(_filled(f"{_SIGNS[check.standing]}  {check.name}: {one_line(check.found)}"))
            if check.remedy and check.standing is not Standing.OK:
                print(_filled(f"         {one_line(check.remedy)}"))
    return Exit.UNEXPECTED if any(check.standing is Standing.PROBLEM for check in found) else Exit.OK


def _filled(text: str) -> str:
    """In 80 columns, below where the words begin; an address or a command stays whole."""
    return textwrap.fill(text, 80, subsequent_indent=" " * 9, break_long_words=False, break_on_hyphens=False)
