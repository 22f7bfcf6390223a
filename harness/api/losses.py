"""The table of ``docs/api.md``: what a user of one release loses at later ones, by topic."""

from __future__ import annotations

from collections.abc import Sequence

from harness.api.diff import diff
from harness.support.replacements import TOPICS
from harness.support.surfaces import Surfaces
from harness.versions import Flavour, Release


def losses(old: Release, steps: Sequence[tuple[str, Release]], surfaces: Surfaces) -> str:
    """A Markdown table: a row for each topic, a column for each step; a name stands where it is lost first.

    A step is a title and its last release: ``("later 10.x", 10.16.1)``.
    """
    columns: list[dict[str, list[str]]] = []
    seen: set[str] = set()
    for _, release in steps:
        found = diff(surfaces.surface(old), surfaces.surface(release)).removed
        new = [change for change in found if change.name not in seen]
        seen |= {change.name for change in found}
        columns.append({topic: [change.name for change in new if change.topic == topic] for topic in TOPICS})
    head = [
        "topic",
        *(f"{title}: {sum(map(len, column.values()))}" for (title, _), column in zip(steps, columns, strict=True)),
    ]
    rows = [
        [topic, *(", ".join(f"`{name}`" for name in column[topic]) or "-" for column in columns)] for topic in TOPICS
    ]
    kept = [row for row in rows if set(row[1:]) != {"-"}]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *kept])


def losses_of_8_6(surfaces: Surfaces) -> str:
    """The table as the documentation shows it."""
    newest = surfaces.releases[Flavour.TENSORRT]
    last_10 = [release for release in newest if release.version.major == 10][-1]
    steps = [("at 10.0", Release.parse("10.0")), ("at a later 10.x", last_10), ("at 11.x", newest[-1])]
    return losses(Release.parse("8.6.1"), steps, surfaces)
