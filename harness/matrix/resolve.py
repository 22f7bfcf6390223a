"""One wanted cell, completed and checked by the facts: release known, image and cell agree, nothing missing."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.errors import ConfigError
from harness.matrix.cell import BuilderSettings, Cell, EnvironmentKind, Timeouts
from harness.matrix.explain import Steps
from harness.matrix.load import Document, nearest
from harness.matrix.matrix import MatrixCell
from harness.support import facts
from harness.versions import Flavour, Release, Version

AXES = ("version", "cuda", "ubuntu", "python", "source")

_SOURCES = {
    EnvironmentKind.DOCKER: ("ngc", "redist", "image"),
    EnvironmentKind.WHEELS: ("wheels",),
    EnvironmentKind.PREFIX: ("prefix",),
}
# The interpreter that a distribution calls python3.
_PYTHON = {
    "ubuntu-18.04": "3.6",
    "ubuntu-20.04": "3.8",
    "ubuntu-22.04": "3.10",
    "ubuntu-24.04": "3.12",
    "ubuntu-26.04": "3.14",
    "debian-11": "3.9",
    "debian-12": "3.11",
    "debian-13": "3.13",
}
_DEFAULT_TARGETS = {Flavour.TENSORRT: ("device",), Flavour.TENSORRT_RTX: ("sm86", "sm89")}


@dataclass(slots=True)
class Wanted:
    """A cell as the file asks for it. ``origins`` tells where each value stands, ``steps`` where the whole does."""

    flavour: Flavour
    environment: EnvironmentKind
    steps: Steps
    required: bool
    timeouts: Timeouts
    builder: BuilderSettings
    targets: tuple[str, ...] | None
    from_axes: bool = True
    values: dict[str, str] = field(default_factory=dict)
    origins: dict[str, Steps] = field(default_factory=dict)


def resolve(document: Document, wanted: Wanted, host_python: str, notes: list[str]) -> MatrixCell:
    """Complete a cell. Raises ``ConfigError`` where it cannot be; what is merely doubtful goes to ``notes``."""
    return _Resolver(document, wanted, host_python, notes).cell()


class _Resolver:
    def __init__(self, document: Document, wanted: Wanted, host_python: str, notes: list[str]) -> None:
        self._document = document
        self._wanted = wanted
        self._values = dict(wanted.values)
        self._host_python = host_python
        self._notes = notes

    def cell(self) -> MatrixCell:
        release = self._release()
        source = self._source(release)
        kind, _, place = source.partition(":")
        if kind == "ngc":
            self._agree_with_image(release, place)
        elif kind == "redist":
            self._agree_with_base(place)
        elif self._wanted.environment is not EnvironmentKind.DOCKER and "ubuntu" in self._values:
            message = f"{self._wanted.environment} cells run in the host's own userland; leave ubuntu out"
            raise self._error("ubuntu", message)
        targets = self._targets()
        cell = Cell(
            release=release,
            cuda=self._needed("cuda"),
            ubuntu=self._values.get("ubuntu"),
            python=self._python(),
            environment=self._wanted.environment,
            source=source,
            required=self._wanted.required,
            timeouts=self._wanted.timeouts,
            builder=self._wanted.builder,
            image=self._image(kind, place),
            name_suffix=self._suffix(kind, place),
        )
        line = self._document.line(self._where("version"))
        return MatrixCell(cell, targets, line, self._where("version"))

    def _release(self) -> Release:
        release = Release(self._wanted.flavour, Version.parse(self._needed("version")))
        if facts.describe(release) is None:
            known = facts.known_versions(release.flavour)
            near = nearest(str(release.version), known)
            raise self._error("version", f"{release} is not a known release{near}")
        return release

    def _source(self, release: Release) -> str:
        kinds = _SOURCES[self._wanted.environment]
        source = self._values.get("source")
        if source is None:
            return self._default_source(release)
        if source.partition(":")[0] not in kinds:
            raise self._error("source", f"{source!r} does not fit a {self._wanted.environment} cell")
        if source.startswith("prefix:") and ".." in source.split("/"):
            raise self._error("source", f"{source!r} has .. in its path; write it without")
        return source

    def _default_source(self, release: Release) -> str:
        if self._wanted.environment is EnvironmentKind.WHEELS:
            return "wheels"
        if self._wanted.environment is EnvironmentKind.PREFIX:
            raise self._error("source", "a prefix cell needs source: prefix:/absolute/path")
        if "image" in self._values:
            return "image"
        image = facts.image_for(release, self._values.get("cuda"), self._values.get("ubuntu"))
        if image is None:
            message = f"no NGC image is known to carry {release} on this CUDA and Ubuntu; name a source or an image"
            raise self._error("version", message)
        return f"ngc:{image.tag}"

    def _agree_with_image(self, release: Release, tag: str) -> None:
        image = facts.image(tag)
        if image is None:
            return self._unknown_tag(tag)
        if image.tensorrt and not facts.carries(image, release):
            self._contradiction("version", tag, image.confidence["tensorrt"], f"TensorRT {image.tensorrt}", release)
        for name, carried in (("cuda", image.cuda), ("ubuntu", image.ubuntu), ("python", image.python)):
            asked = self._values.get(name)
            if asked is None and carried:
                self._values[name] = carried
            elif asked is not None and carried and asked != carried:
                title = {"cuda": "CUDA", "ubuntu": "Ubuntu", "python": "Python"}[name]
                self._contradiction(name, tag, image.confidence[name], f"{title} {carried}", f"{title} {asked}")
        return None

    def _contradiction(self, name: str, tag: str, confidence: str, carried: str, asked: object) -> None:
        if confidence == "hint":
            place = self._document.line(self._where(name))
            self._notes.append(f"line {place}: image {tag} probably carries {carried}, asked is {asked}")
            return
        raise self._error(name, f"image {tag} carries {carried}, not {asked}")

    def _unknown_tag(self, tag: str) -> None:
        newest = max(facts.images())
        if tag < newest:
            raise self._error("source", f"NGC image {tag} is not known{nearest(tag, facts.images())}")
        self._notes.append(f"NGC image {tag} is newer than all that are known here; its contents are not checked")

    def _agree_with_base(self, base: str) -> None:
        system, _, version = base.partition("-")
        if system == "ubuntu":
            if self._values.setdefault("ubuntu", version) != version:
                raise self._error("ubuntu", f"the base is {base}, not Ubuntu {self._values['ubuntu']}")
        elif "ubuntu" in self._values:
            raise self._error("ubuntu", f"the base is {base}, not Ubuntu {self._values['ubuntu']}")

    def _python(self) -> str:
        if "python" in self._values:
            return self._values["python"]
        if self._wanted.environment is not EnvironmentKind.DOCKER:
            return self._host_python
        base = self._values.get("source", "").partition("redist:")[2] or f"ubuntu-{self._values.get('ubuntu')}"
        return _PYTHON.get(base) or self._needed("python")

    def _targets(self) -> tuple[str, ...]:
        targets = self._wanted.targets or _DEFAULT_TARGETS[self._wanted.flavour]
        for target in targets:
            if target != "device" and self._wanted.flavour is Flavour.TENSORRT:
                message = f"target {target}: TensorRT builds only for the GPU at hand; write device"
                raise self._error("targets", message)
            if targets.count(target) > 1:
                raise self._error("targets", f"target {target} stands twice")
        return targets

    def _image(self, kind: str, tag: str) -> str | None:
        registry = self._document.model.docker.registry
        if "image" in self._values:
            if self._wanted.environment is not EnvironmentKind.DOCKER:
                raise self._error("image", f"a {self._wanted.environment} cell has no image")
            return self._values["image"]
        return f"{registry}/nvidia/tensorrt:{tag}" if registry and kind == "ngc" else None

    def _suffix(self, kind: str, place: str) -> str:
        base = place if kind == "redist" and not place.startswith("ubuntu") else ""
        return "-".join(word for word in (base, self._values.get("suffix", "")) if word)

    def _needed(self, name: str) -> str:
        value = self._values.get(name)
        if value is None:
            raise self._error(name, f"{name} is missing for this cell")
        return value

    def _where(self, name: str) -> Steps:
        return self._wanted.origins.get(name, self._wanted.origins.get("version", self._wanted.steps))

    def _error(self, name: str, message: str) -> ConfigError:
        return self._document.error(self._where(name), message)
