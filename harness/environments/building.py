"""Makes the images of cells: pulls the base, gathers wheels and libraries on the host, builds what is not there yet."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache as remember
from pathlib import Path

from harness.environments import Progress, context, dockerfile, lockfile, redist, sdist, software, uv
from harness.environments.cleaning import STAGING
from harness.environments.context import Entry
from harness.environments.daemon_records import Image, Info
from harness.environments.dockerfile import Recipe
from harness.environments.engine import Engine
from harness.environments.labels import for_image
from harness.environments.pulling import PullFailed, PullProgress, retrying
from harness.environments.software import Software
from harness.environments.telling import steady
from harness.errors import EnvironmentUnavailable
from harness.evidence.records import Finding
from harness.subjects.retinaface import PLUGIN

# Below the cache: source distributions, each checked when it is used.
SOURCES = "sources"
_PROBE = Path(__file__).parent.parent / "probe"
_PULL_S = 3600.0


@dataclass(frozen=True, slots=True)
class Built:
    """An image that stands ready. ``base`` is the image that it was built on, as the daemon knows it."""

    id: str
    recipe: Recipe
    base: Image
    findings: tuple[Finding, ...] = ()


@remember
def probe_digest() -> str:
    """Of the probe's files; they do not change while the program runs."""
    return context.digest(_probe())


def recipes(engine: Engine, wanted: Software) -> tuple[Recipe, Recipe]:
    """The big image and the cell's; whole only where the base is on the daemon already."""
    base = engine.image(wanted.base)
    big = dockerfile.software(wanted, base.id if base else "")
    return big, dockerfile.cell(big, probe_digest())


def provide(
    engine: Engine,
    info: Info,
    wanted: Software,
    cache: Path,
    timeout_s: float,
    progress: Progress,
    pinned: str = "",
) -> Built:
    """Find or make the image. Two programs that want the same one build it once: the second waits for the first.

    ``pinned`` is the base with its tag and the digest that was locked for it.
    """
    base = _base(engine, info, wanted, timeout_s, progress)
    big, small = recipes(engine, wanted)
    found = engine.image(small.tag)
    findings: tuple[Finding, ...] = ()
    if found is None and not _pycuda_at_hand(wanted, cache, progress):
        wanted = software.without_pycuda(wanted)
        big, small = recipes(engine, wanted)
        found = engine.image(small.tag)
    if found is None:
        findings = _moved(engine, pinned)
        with _locked(cache / "locks" / big.key, progress):
            found = engine.image(small.tag)
            if found is None:
                deadline = time.monotonic() + timeout_s
                if engine.image(big.tag) is None:
                    _build_software(engine, info, wanted, big, cache, deadline, progress)
                found = _build(engine, small, _probe(), deadline, progress)
    _touch(cache / "images" / small.key)
    return Built(found.id, small, base, findings)


def write_context(wanted: Software, place: Path, cache: Path, timeout_s: float, progress: Progress) -> None:
    """What the software image's Dockerfile copies, gathered into a folder. Raises ``EnvironmentUnavailable``."""
    if wanted.pycuda is not None:
        sdist.fetch(wanted.pycuda, cache / SOURCES, progress)
    check_room(place, wanted.added_bytes, "gathering wheels and libraries")
    with _stage(wanted, cache, timeout_s, progress) as entries:
        context.write(entries, place)


def write_probe(place: Path) -> None:
    """What the cell image's Dockerfile copies."""
    context.write(_probe(), place)


def pull(engine: Engine, reference: str, progress: Progress, timeout_s: float = _PULL_S) -> None:
    """Pull with a line a second; the network's faults are tried again. Raises ``EnvironmentUnavailable``."""
    deadline = time.monotonic() + timeout_s
    late = f"not done after {timeout_s:.0f} s; raise the cell's provision time-out"

    def once() -> None:
        state = PullProgress(reference)
        with steady(progress) as say:
            say(state.words())

            def take(message: Mapping[str, object]) -> None:
                say(state.feed(message))
                if time.monotonic() > deadline:
                    raise PullFailed(late)

            if not engine.pull(reference, take, deadline - time.monotonic()):
                raise PullFailed(late)

    try:
        retrying(once, progress)
    except PullFailed as error:
        raise EnvironmentUnavailable(f"{reference} cannot be pulled: {error}") from error


def check_room(place: Path, needed: int, what: str) -> None:
    """Raises ``EnvironmentUnavailable`` where the disk under ``place`` has less than ``needed`` bytes free."""
    with contextlib.suppress(OSError):
        free = shutil.disk_usage(_existing(place)).free
        if free < needed:
            raise EnvironmentUnavailable(
                f"{what} needs {needed / 1e9:.1f} GB and {place} has {free / 1e9:.1f} GB free: "
                "make room, or remove images with `trt-matrix gc --images`"
            )


def _moved(engine: Engine, pinned: str) -> tuple[Finding, ...]:
    """A finding where the registry answers and its tag has left the digest that was locked."""
    reference, at, digest = pinned.partition("@")
    if not at or ":" not in reference.rpartition("/")[2]:
        return ()
    try:
        now = engine.registry_digest(reference)
    except PullFailed:
        return ()
    return () if now == digest else (lockfile.moved(reference, digest, now),)


def _pycuda_at_hand(wanted: Software, cache: Path, progress: Progress) -> bool:
    """Whether PyCUDA's sources lie in the cache now. Cells do without where the index does not give them away."""
    if wanted.pycuda is None:
        return True
    try:
        sdist.fetch(wanted.pycuda, cache / SOURCES, progress)
    except EnvironmentUnavailable as error:
        progress(f"an image without PyCUDA: {error}")
        return False
    return True


def _base(engine: Engine, info: Info, wanted: Software, timeout_s: float, progress: Progress) -> Image:
    found = engine.image(wanted.base)
    if found is None:
        progress(f"pulling {wanted.base}: about {wanted.base_bytes / 2e9:.1f} GB to download")
        if engine.endpoint.local:
            # While a layer is unpacked, its packed form lies beside it.
            check_room(info.root, wanted.base_bytes * 3 // 2, wanted.base)
        pull(engine, wanted.base, progress, timeout_s)
        found = engine.image(wanted.base)
    if found is None:
        raise EnvironmentUnavailable(f"{wanted.base} was pulled and is not there")
    return found


def _build_software(
    engine: Engine,
    info: Info,
    wanted: Software,
    recipe: Recipe,
    cache: Path,
    deadline: float,
    progress: Progress,
) -> None:
    if engine.endpoint.local:
        # While it is built, its parts lie there twice: as they were sent and as layers.
        check_room(info.root, 2 * wanted.added_bytes, f"the image of {wanted.base}")
    check_room(cache, wanted.staging_bytes, "gathering wheels and libraries")
    with _stage(wanted, cache, deadline - time.monotonic(), progress) as entries:
        _build(engine, recipe, entries, deadline, progress)


def _build(engine: Engine, recipe: Recipe, entries: list[Entry], deadline: float, progress: Progress) -> Image:
    whole = [Entry("Dockerfile", data=recipe.text.encode()), *entries]
    size = context.size(whole)
    progress(f"building {recipe.tag}: sending {size / 1e6:.0f} MB")
    left = max(1.0, deadline - time.monotonic())
    with steady(progress) as say:
        engine.build(recipe, context.stream(whole), for_image(recipe.key), left, lambda text: say(f"building: {text}"))
    found = engine.image(recipe.tag)
    if found is None:
        raise EnvironmentUnavailable(f"{recipe.tag} was removed while it was built")
    return found


@contextlib.contextmanager
def _stage(wanted: Software, cache: Path, timeout_s: float, progress: Progress) -> Iterator[list[Entry]]:
    """What the Dockerfile copies, in a folder that is gone afterwards."""
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=STAGING, dir=cache) as name, Path(name, "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tools, site = Path(name, "tools"), Path(name, "site")
        _gather(wanted, wanted.tools, tools, timeout_s, progress)
        if wanted.requirements:
            _gather(wanted, wanted.requirements, site, timeout_s, progress)
        if wanted.family == "ngc":
            build = Path(name, "build")
            _gather(wanted, wanted.build, build, timeout_s, progress)
            yield [*_folders(tools, build, site), *_sources(wanted, cache)]
            return
        libraries = _libraries(wanted, cache, progress)
        links = [_link(link.name, file) for link in wanted.links for file in _matching(site, link.pattern)]
        yield [*_folders(tools, site), *libraries, *links, _manifest(links)]


def _folders(*places: Path) -> list[Entry]:
    return [entry for place in places for entry in context.folder(place.name, place)]


def _sources(wanted: Software, cache: Path) -> list[Entry]:
    """What the image compiles: the plugin, and PyCUDA where it was fetched."""
    plugin = context.folder("plugin", PLUGIN)
    if wanted.pycuda is None:
        return plugin
    return [*plugin, Entry("pycuda/sources.tar.gz", cache / SOURCES / wanted.pycuda.file_name)]


def _libraries(wanted: Software, cache: Path, progress: Progress) -> list[Entry]:
    """The package's libraries, read out of it while they are sent."""
    if wanted.archive is None:
        return []
    jar = redist.fetch(wanted.archive, cache / "redist", progress)
    return [Entry(f"libraries/{redist.base_name(name)}", jar, member=name) for name in redist.members(jar)]


def _gather(wanted: Software, requirements: str, target: Path, timeout_s: float, progress: Progress) -> None:
    """Exact wheels for the image's Python and for Linux, whatever the host runs on."""
    progress("gathering wheels")
    lock = target.with_suffix(".lock")
    lock.write_text(requirements, encoding="ascii")
    options = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--target", str(target)]
    place = ["--python", sys.executable, "--python-version", wanted.python, "--python-platform", wanted.platform]
    uv.run_live(["pip", "install", *options, *place, "--requirement", str(lock)], progress, timeout_s)


def _matching(site: Path, pattern: str) -> list[str]:
    found = [path.relative_to(site).as_posix() for path in sorted(site.glob(pattern)) if path.is_file()]
    if not found:
        raise EnvironmentUnavailable(f"the wheels hold no {pattern}")
    return found


def _link(name: str, file: str) -> Entry:
    return Entry(f"libraries/{name or file.rpartition('/')[2]}", target=f"/opt/trt-matrix/site/{file}")


def _manifest(links: list[Entry]) -> Entry:
    """The targets of links as a file: a daemon's build cache looks at the names of links and not where they lead, so
    that one release's folder would be taken for another's."""
    return Entry("libraries/LINKS", data="".join(f"{link.name} -> {link.target}\n" for link in links).encode())


def _probe() -> list[Entry]:
    return context.folder("probe", _PROBE)


@contextlib.contextmanager
def _locked(path: Path, progress: Progress) -> Iterator[None]:
    """Hold a lock among programs; the system frees it when the program ends, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another run that builds the same image")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _touch(path: Path) -> None:
    """Note when an image was last used; ``gc`` removes the longest unused first."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def _existing(place: Path) -> Path:
    return next(path for path in (place, *place.parents) if path.exists())
