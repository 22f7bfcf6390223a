"""The shape of a rule, as the YAML files hold it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from harness.evidence.records import Severity

Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=600)]
Source = Annotated[str, msgspec.Meta(min_length=8, max_length=300)]


class Remedy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to do. ``needs`` says what in a run would show that it works; see ``harness.findings.advice``.

    ``release``: another release passed; ``route``: another route of the same model passed;
    ``recipe``: another precision recipe passed; ``variant``: the same with one word more passed; none: nothing in a
    run can show it.
    """

    text: Line
    source: Source | Literal[""] = ""
    needs: Literal["", "release", "route", "recipe", "variant"] = ""
    value: str = ""


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message as the software prints it, in a frame of our own. Each is a test.

    ``facts`` are those that must be read from it; ``release`` is the one that printed it, where known.
    """

    text: Annotated[str, msgspec.Meta(min_length=1)]
    facts: dict[str, str | int | list[str]] = {}
    release: str = ""
    source: Source | Literal[""] = ""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message that we know.

    ``patterns`` are regular expressions (Python's), any of which makes the rule match; a space stands for
    any white space, so that a wrapped line still matches. Named groups become facts, those in ``integers``
    as numbers, those in ``lists`` as lists of names. ``part_of`` names rules of the same message: where
    one of those matched too, this one is told as part of it; ``head_of`` does so only where one of
    them stands on the next line each time, for a line that is grave when alone. ``consequence_of`` names causes
    wherever they stand in the log; a ``trailing`` rule is a consequence of any fatal finding before it. ``text`` is the
    constant part as it stands in the library: the catalogues look for it.
    """

    id: Slug
    title: Line
    severity: Severity
    patterns: Annotated[list[str], msgspec.Meta(min_length=1)]
    explanation: Line
    advice: list[Remedy]
    sources: list[Source]
    examples: Annotated[list[Example], msgspec.Meta(min_length=1)]
    family: Slug = ""
    integers: list[str] = []
    lists: list[str] = []
    stage: str = ""
    seen: list[str] = []
    releases: str = ""
    part_of: list[Slug] = []
    head_of: list[Slug] = []
    consequence_of: list[Slug] = []
    trailing: bool = False
    any_level: bool = False
    text: str = ""


class RuleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: a family of rules."""

    family: Slug
    rules: list[Rule]
