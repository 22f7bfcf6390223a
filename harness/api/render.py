"""A diff and the life of a name, as text and as JSON."""

from __future__ import annotations

from harness.api.diff import Change, Diff, by_topic
from harness.api.life import Life
from harness.support.surfaces import Span

_TITLES = {"removed": "removed", "added": "added", "deprecated": "newly deprecated", "changed": "changed"}


def diff_text(diff: Diff, *, list_added: bool) -> str:
    """Groups by topic; what was added is a number unless asked for."""
    lines = [f"{diff.language.value} API, {diff.old} -> {diff.new}: {_counts(diff)}"]
    for field, title in _TITLES.items():
        changes: list[Change] = getattr(diff, field)
        if field == "added" and not list_added:
            continue
        for topic, group in by_topic(changes).items():
            lines += ["", f"{title}: {topic}"]
            for change in group:
                lines += _change_lines(change)
    if diff.added and not list_added:
        lines += ["", f"{len(diff.added)} names were added; list them with --added"]
    return "\n".join(lines)


def _counts(diff: Diff) -> str:
    return ", ".join(f"{len(getattr(diff, field))} {title}" for field, title in _TITLES.items())


def _change_lines(change: Change) -> list[str]:
    since = f" ({change.release.version})" if change.release else ""
    lines = [f"  {change.name}{since}"]
    if change.use:
        lines.append(f"      use: {change.use}")
    if change.before and change.after:
        lines += [f"      was: {change.before}", f"      now: {change.after}"]
    return lines


def diff_json(diff: Diff) -> dict[str, object]:
    """The diff as builtins."""
    fields = {field: [_change_json(change) for change in getattr(diff, field)] for field in _TITLES}
    return {"language": diff.language.value, "old": str(diff.old), "new": str(diff.new), **fields}


def _change_json(change: Change) -> dict[str, object]:
    return {
        "name": change.name,
        "kind": change.kind,
        "topic": change.topic,
        "release": str(change.release) if change.release else None,
        "before": change.before,
        "after": change.after,
        "use": change.use,
        "source": change.source,
    }


def life_text(life: Life) -> str:
    """Where a name lives, and what to use where it is gone."""
    lines = [f"{life.name} ({life.kind}, {life.language.value})"]
    for flavour, spans in life.spans.items():
        lines.append(f"  {flavour.value}: {', '.join(map(_span, spans)) or 'in no known release'}")
    lines += [f"  {signature_span}: {signature}" for signature_span, signature in life.signatures]
    if life.deprecated:
        lines.append(f"  deprecated: {life.deprecated}")
    if life.use:
        lines += [f"  use: {life.use}", f"  source: {life.source}"]
    return "\n".join(lines)


def _span(span: Span) -> str:
    if span.until is None:
        return f"{span.first.version} to the newest known"
    return f"{span.first.version} to {span.until.version}" if span.until != span.first else str(span.first.version)


def life_json(life: Life) -> dict[str, object]:
    """The life of a name as builtins."""
    return {
        "name": life.name,
        "kind": life.kind,
        "language": life.language.value,
        "spans": {
            flavour.value: [
                {"first": str(span.first.version), "until": str(span.until.version) if span.until else None}
                for span in spans
            ]
            for flavour, spans in life.spans.items()
        },
        "signatures": [{"releases": where, "signature": signature} for where, signature in life.signatures],
        "deprecated": life.deprecated,
        "use": life.use,
        "source": life.source,
    }
