"""Which messages a release's library can print at all: read from the libraries themselves, shipped as data.

A text that is in a library may still never be printed; one that is not there cannot be.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

import msgspec

from harness.versions import Release


class Catalogue(msgspec.Struct, frozen=True):
    """``texts`` tells of each text asked for whether the library of ``release`` contains it."""

    release: str
    texts: dict[str, bool]
    library: str = ""
    sha256: str = ""
    bytes: int = 0


@cache
def shipped() -> dict[str, Catalogue]:
    """By release, as ``Release`` writes it: ``tensorrt 8.6.1``."""
    folder = resources.files(__package__) / "data"
    files = [entry for entry in folder.iterdir() if entry.name.endswith(".json")]
    found = [msgspec.json.decode(entry.read_bytes(), type=Catalogue) for entry in files]
    return {catalogue.release: catalogue for catalogue in found}


def catalogue_of(release: Release, extra: Path | None = None) -> Catalogue | None:
    """The catalogue of ``release``, or of the newest that it covers or is covered by.

    ``extra``: a folder of attested ones.
    """
    known = shipped() | (_stored(extra) if extra else {})
    if exact := known.get(str(release)):
        return exact
    near = {
        other.version: catalogue
        for catalogue in known.values()
        if (other := Release.parse(_spelled(catalogue.release))).flavour is release.flavour
        and release.version.fits(other.version)
    }
    return near[max(near)] if near else None


def _spelled(release: str) -> str:
    return release.removeprefix("tensorrt ")


def _stored(folder: Path) -> dict[str, Catalogue]:
    """Catalogues made from libraries that cells attested; a damaged one counts as absent."""
    found: dict[str, Catalogue] = {}
    for file in sorted(folder.glob("*.json")):
        try:
            catalogue = msgspec.json.decode(file.read_bytes(), type=Catalogue)
            found[str(Release.parse(_spelled(catalogue.release)))] = catalogue
        except (OSError, msgspec.DecodeError, ValueError):
            continue
    return found
