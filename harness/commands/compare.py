"""``trt-matrix compare``: what differs between two runs, nights, releases or a run and a baseline."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from harness.analysis.changes import WORSENING, Comparison, Kind
from harness.analysis.compare import Rules, compare
from harness.analysis.pairs import pairs, release_pairs
from harness.analysis.sides import open_sides
from harness.analysis.waivers import WaivedChanges
from harness.commands.history_option import add_history_arguments
from harness.commands.waivers_option import add_waivers_argument, waivers_of
from harness.errors import Exit
from harness.history.store import place_of
from harness.matrix.waivers import Waiver
from harness.report import comparison as words
from harness.report.proofs import checked_url


def add_arguments(parser: argparse.ArgumentParser) -> None:
    side = "run id, date, release, label, baseline, `latest`, `previous`, or a run's folder"
    parser.add_argument("before", nargs="?", default="previous", metavar="BEFORE", help=f"{side} (default: previous)")
    parser.add_argument("after", nargs="?", default="latest", metavar="AFTER", help="the same (default: latest)")
    add_history_arguments(parser)
    add_waivers_argument(parser)
    parser.add_argument("--json", action="store_true", help="print the changes as JSON")
    parser.add_argument("--markdown", action="store_true", help="print Markdown for a pull request")
    parser.add_argument("--url", default="", help="address of the published runs' folders: the Markdown links to them")
    parser.add_argument("--all", action="store_true", help="print every change of each kind")
    parser.add_argument(
        "--fail-on",
        type=_kinds,
        default=WORSENING,
        metavar="KIND,...",
        help=f"kinds of worsening that end with exit code 1, or `never` (default: {', '.join(sorted(WORSENING))})",
    )
    parser.add_argument(
        "--tolerance",
        type=_tolerance,
        action="append",
        default=[],
        metavar="NAME=PERCENT",
        help="relative tolerance of a value or a family (accuracy, latency, engine): latency=3%%",
    )


def run(arguments: argparse.Namespace) -> int:
    return compare_sides(
        place_of(arguments.history, arguments.out),
        arguments.before,
        arguments.after,
        shape="json" if arguments.json else "markdown" if arguments.markdown else "text",
        everything=arguments.all,
        fail_on=arguments.fail_on,
        tolerances=dict(arguments.tolerance),
        waivers=waivers_of(arguments.matrix),
        url=checked_url(arguments.url),
    )


def compare_sides(
    place: str,
    before: str,
    after: str,
    *,
    shape: str,
    everything: bool,
    fail_on: Collection[Kind],
    tolerances: Mapping[str, float],
    waivers: Sequence[Waiver] = (),
    url: str = "",
) -> int:
    """Print the comparison; 1 where something of the kinds ``fail_on`` got worse."""
    with open_sides(place, before, after) as (old, new, of_releases):
        waived = WaivedChanges(waivers, new.results, datetime.now(UTC).date())
        found = compare(old, new, Rules(tolerances, waived, release_pairs if of_releases else pairs))
    print(_shaped(found, shape, None if everything else 20, url), end="")
    return Exit.UNEXPECTED if found.failing(fail_on) else Exit.OK


def _shaped(found: Comparison, shape: str, limit: int | None, url: str) -> str:
    if shape == "json":
        return msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n"
    return words.as_markdown(found, url) if shape == "markdown" else words.as_text(found, limit)


def _kinds(text: str) -> frozenset[Kind]:
    names = [] if text == "never" else text.split(",")
    unknown = [name for name in names if name not in list(Kind)]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(Kind)}, never")
    return frozenset(Kind(name) for name in names)


def _tolerance(text: str) -> tuple[str, float]:
    name, equals, percent = text.partition("=")
    try:
        share = float(percent.removesuffix("%")) / 100
    except ValueError:
        share = -1.0
    if not (name and equals and 0 <= share < 100):
        raise argparse.ArgumentTypeError(f"{text!r} is not like latency=3%")
    return name, share
