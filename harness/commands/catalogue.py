"""``trt-matrix catalogue``: which messages a release can print, read from its libraries."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from harness.errors import Exit, UsageError
from harness.findings.rules import rules
from harness.neutral import one_line
from harness.support.catalogue import Catalogue, catalogue_of
from harness.support.catalogue.read import read_library
from harness.versions import Release


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("libraries", nargs="*", type=Path, metavar="LIBRARY", help="libnvinfer.so and further ones")
    parser.add_argument("--release", help="which release it is; without a library: show what is shipped")
    parser.add_argument("--json", action="store_true", help="print the catalogue as JSON, as it is stored")


def run(arguments: argparse.Namespace) -> int:
    release = Release.parse(arguments.release) if arguments.release else None
    return catalogue(arguments.libraries, release, as_json=arguments.json)


def catalogue(libraries: list[Path], release: Release | None, *, as_json: bool) -> int:
    found = read_library(libraries, texts(), release) if libraries else _shipped(release)
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n")
    else:
        print(_table(found))
    return Exit.OK


def texts() -> list[str]:
    """All texts that the rules ask for."""
    return sorted({rule.text for rule in rules() if rule.text})


def _shipped(release: Release | None) -> Catalogue:
    if release is None:
        raise UsageError("catalogue: give a library, or --release to see what is shipped")
    found = catalogue_of(release)
    if found is None:
        raise UsageError(f"catalogue: none is shipped for {release}; give its library")
    return found


def _table(found: Catalogue) -> str:
    lines = [f"{found.release}: {found.library or 'from an earlier reading'}"]
    lines += [f"  {'can say' if there else 'mute':<8}{one_line(text)}" for text, there in sorted(found.texts.items())]
    return "\n".join(lines)
