"""``trt-matrix gc``: remove what killed runs left behind, images that nobody used for long, and old runs' folders."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from harness.environments import cleaning
from harness.environments.connection import connected
from harness.environments.engine import Engine
from harness.errors import EnvironmentUnavailable, Exit, UsageError
from harness.evidence.layout import OUT, cache_folder
from harness.history import retention
from harness.history.store import opened, place_of

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", action="store_true", help="remove all images of this project")
    parser.add_argument(
        "--keep-images",
        type=parse_size,
        metavar="SIZE",
        help="remove the longest unused images until the rest take at most SIZE, such as 20G",
    )
    parser.add_argument(
        "--keep",
        type=int,
        metavar="N",
        help="remove just the folders of old runs: not the N newest, not pinned or reused ones",
    )
    parser.add_argument("--history", metavar="FILE|URL", help="the history (default: beside the runs)")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="where runs are kept (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    if arguments.keep is not None:
        place = place_of(arguments.history, arguments.out)
        return prune(place, arguments.out, arguments.keep, dry_run=arguments.dry_run, as_json=arguments.json)
    limit = 0 if arguments.images else arguments.keep_images
    return collect(cache_folder(arguments.out), limit=limit, dry_run=arguments.dry_run, as_json=arguments.json)


def prune(place: str, out: Path, keep: int, *, dry_run: bool, as_json: bool) -> int:
    """Remove old runs' folders; their records stay in the history."""
    if keep < 1:
        raise UsageError(f"--keep {keep} would keep no run; give 1 or more")
    with opened(place, must_exist=True) as database:
        decided = retention.plan(database, out, keep)
        if not dry_run:
            retention.apply(database, decided)
    removed = [run.name for run in decided.remove]
    kept = {each.run.name: each.reason for each in decided.kept}
    if as_json:
        print(json.dumps({"dry_run": dry_run, "runs": removed, "kept": kept}, indent=1))
        return Exit.OK
    print(f"{'would remove' if dry_run else 'removed'} the folders of {len(removed)} runs")
    print(
        "".join(f"  {name}\n" for name in removed) + "".join(f"kept {name}: {why}\n" for name, why in kept.items()),
        end="",
    )
    return Exit.OK


def collect(cache: Path, *, limit: int | None, dry_run: bool, as_json: bool) -> int:
    """Remove what runs that are gone left, and images beyond ``limit`` bytes (``None``: none).

    Without a daemon only folders are left to remove; where images were asked for, that is an error.
    """
    try:
        engine, _ = connected()
    except EnvironmentUnavailable as error:
        if limit is not None:
            raise
        engine = None
        print(f"trt-matrix: containers, volumes and images were not looked at: {error}", file=sys.stderr)
    removed = {**_in_docker(engine, cache, limit), "folders": list(map(str, cleaning.staging(cache / "environments")))}
    if not dry_run:
        cleaning.remove_staging(cache / "environments")
        if engine:
            cleaning.remove_abandoned(engine)
            removed["images"] = [tag for tag in removed["images"] if engine.remove_image(tag)]
    if as_json:
        print(json.dumps({"dry_run": dry_run, **removed}, indent=1))
        return Exit.OK
    verb = "would remove" if dry_run else "removed"
    for kind, names in removed.items():
        print(f"{verb} {len(names)} {kind}{': ' + ', '.join(names) if names else ''}")
    return Exit.OK


def _in_docker(engine: Engine | None, cache: Path, limit: int | None) -> dict[str, list[str]]:
    """The names of what would be removed; no kinds where there is no daemon."""
    if engine is None:
        return {}
    return {
        "containers": [found.labels.get("org.trt-matrix.cell", found.id[:12]) for found in cleaning.abandoned(engine)],
        "volumes": [found.name for found in cleaning.abandoned_volumes(engine)],
        "images": [found.tags[0] for found in cleaning.surplus(engine, cache / "environments", limit)],
    }


def parse_size(text: str) -> int:
    """``20G`` in bytes; units are powers of 1000."""
    number, unit = (text[:-1], text[-1].upper()) if text[-1:].isalpha() else (text, "")
    if unit not in _UNITS or not number.isdecimal():
        raise UsageError(f"size {text!r} is not a number with K, M, G or T, such as 20G")
    return int(number) * _UNITS[unit]
