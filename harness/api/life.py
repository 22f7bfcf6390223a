"""In which releases a name lives."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import UsageError
from harness.support.replacements import replacement
from harness.support.surfaces import Language, Span, Surfaces
from harness.versions import Flavour, Release


@dataclass(frozen=True, slots=True)
class Life:
    """``signatures`` are pairs of releases (``10.0.1 to 11.4.0``) and what the name looked like there."""

    name: str
    kind: str
    language: Language
    spans: dict[Flavour, list[Span]]
    signatures: list[tuple[str, str]]
    deprecated: str
    use: str
    source: str


def life(name: str, surfaces: Surfaces) -> Life:
    """Everything known of a name. Raises UsageError, naming the nearest, where no release ever had it."""
    asked, name = name, surfaces.canonical(name)
    spans = {flavour: surfaces.life(name, flavour) for flavour in Flavour}
    if not any(spans.values()):
        raise UsageError(f"{asked}: no known release has it{_nearest(name, surfaces)}")
    language = Language(surfaces.data.language)
    instead = replacement(name, language) if surfaces.gone_from(name) else None
    kinds = [
        surfaces.surface(release).kind(name) for release in _releases(surfaces) if surfaces.surface(release).has(name)
    ]
    return Life(
        name,
        kinds[-1],
        language,
        spans,
        _signatures(name, surfaces),
        _deprecated(name, surfaces),
        instead.use if instead else "",
        instead.source if instead else "",
    )


def _releases(surfaces: Surfaces) -> list[Release]:
    return [release for releases in surfaces.releases.values() for release in releases]


def _signatures(name: str, surfaces: Surfaces) -> list[tuple[str, str]]:
    """What it looked like, in runs of releases of TensorRT; empty where nothing is known of it."""
    runs: list[tuple[Release, Release, str]] = []
    for release in surfaces.releases[Flavour.TENSORRT]:
        surface = surfaces.surface(release)
        if not surface.has(name):
            continue
        signature = surface.signature(name)
        if runs and runs[-1][2] == signature:
            runs[-1] = (runs[-1][0], release, signature)
        else:
            runs.append((release, release, signature))
    return [
        (f"{first.version} to {last.version}" if first != last else str(first.version), signature)
        for first, last, signature in runs
        if signature
    ]


def _deprecated(name: str, surfaces: Surfaces) -> str:
    for release in surfaces.releases[Flavour.TENSORRT]:
        since = surfaces.surface(release).deprecated(name)
        if since is not None:
            return f"since {since}" if since else f"by the documentation of {release.version}"
    return ""


def _nearest(name: str, surfaces: Surfaces) -> str:
    """The same last word in another class first, then names that look alike."""
    last = name.rpartition(".")[2].lower()
    same = [known for known in surfaces.data.symbols if known.rpartition(".")[2].lower() == last]
    if not same:
        import difflib  # it takes longer than all the rest of a command that finds its name

    near = same or difflib.get_close_matches(name, surfaces.data.symbols, n=3, cutoff=0.7)
    return f"; did you mean {', '.join(near[:5])}" if near else ""
