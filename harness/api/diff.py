"""What one release's API has that another's has not: removed, added, newly deprecated, changed."""

from __future__ import annotations

from dataclasses import dataclass

from harness.api.signatures import breaks_callers
from harness.support.replacements import TOPICS, replacement, topic
from harness.support.surfaces import Language, Surface
from harness.versions import Release


@dataclass(frozen=True, slots=True)
class Change:
    """One name. ``before`` and ``after`` are signatures; ``use`` what NVIDIA's pages name instead.

    ``release`` is where it changed: the first known release without a removed name, the first with an added
    one; None where that lies between other releases than the two (another flavour).
    """

    name: str
    kind: str
    topic: str
    release: Release | None
    before: str = ""
    after: str = ""
    use: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Diff:
    old: Release
    new: Release
    language: Language
    removed: list[Change]
    added: list[Change]
    deprecated: list[Change]
    changed: list[Change]


def diff(old: Surface, new: Surface) -> Diff:
    """Compare two releases. Members of a class that came or went as a whole are not listed again."""
    language = Language(old.surfaces.data.language)
    before, after = set(_reachable(old)), set(_reachable(new))
    return Diff(
        old.release,
        new.release,
        language,
        _sorted(_removed(name, old, new, language) for name in _heads({n for n in before if not new.has(n)})),
        _sorted(_added(name, old, new) for name in _heads({n for n in after if not old.has(n)})),
        _sorted(
            _deprecated(name, new, language)
            for name in after
            if new.deprecated(name) is not None and old.has(name) and old.deprecated(name) is None
        ),
        _sorted(_changed(name, old, new) for name in before & after if _differs(name, old, new)),
    )


def by_topic(changes: list[Change]) -> dict[str, list[Change]]:
    """Groups in the order of ``TOPICS``; empty ones left out."""
    groups = {name: [change for change in changes if change.topic == name] for name in TOPICS}
    return {name: group for name, group in groups.items() if group}


def _reachable(surface: Surface) -> list[str]:
    """Names as users write them: without the double-underscored ones that no code names."""
    return [name for name in surface.names() if not name.endswith((".__init__", ".__exit__"))]


def _heads(names: set[str]) -> list[str]:
    """The names whose class is not in the set itself."""
    return [name for name in names if name.rpartition(".")[0] not in names]


def _sorted(changes: object) -> list[Change]:
    return sorted(changes, key=lambda change: (TOPICS.index(change.topic), change.name))  # type: ignore[call-overload,no-any-return]


def _removed(name: str, old: Surface, new: Surface, language: Language) -> Change:
    instead = replacement(name, language)
    flavour = new.release.flavour
    gone = old.surfaces.gone_from(name, flavour) if flavour is old.release.flavour else None
    return Change(
        name,
        old.kind(name),
        topic(name),
        gone if gone and gone.version <= new.release.version else None,
        before=old.signature(name),
        use=instead.use if instead else "",
        source=instead.source if instead else "",
    )


def _added(name: str, old: Surface, new: Surface) -> Change:
    since = new.surfaces.since(name, new.release.flavour) if new.release.flavour is old.release.flavour else None
    return Change(
        name,
        new.kind(name),
        topic(name),
        since if since and since.version > old.release.version else None,
        after=new.signature(name),
    )


def _deprecated(name: str, new: Surface, language: Language) -> Change:
    instead = replacement(name, language)
    since = new.deprecated(name)
    return Change(
        name,
        new.kind(name),
        topic(name),
        Release.parse(since) if since else None,
        use=instead.use if instead else "",
        source=instead.source if instead else "",
    )


def _changed(name: str, old: Surface, new: Surface) -> Change:
    return Change(
        name, new.kind(name), topic(name), None, before=old.signature(name) or "-", after=new.signature(name) or "-"
    )


def _differs(name: str, old: Surface, new: Surface) -> bool:
    """True where a caller or writer that was right before can be wrong now."""
    if old.kind(name) == "property":
        return new.signature(name).endswith("(read-only)") and not old.signature(name).endswith("(read-only)")
    if old.kind(name) in ("method", "function"):
        return breaks_callers(old.signature(name), new.signature(name))
    return False
