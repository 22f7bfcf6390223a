"""Cells on a daemon that does not see this machine's files: inputs are copied into volumes, evidence is copied back."""

from __future__ import annotations

import contextlib
import io
import json
import secrets
import tarfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.environments import Limits, context
from harness.environments.collecting import Kept, receive
from harness.environments.container import Gpus, Mount, configuration
from harness.environments.engine import DaemonGone, Engine, Refused
from harness.environments.labels import MARK

# The probe looks for this file; it appears here when the run is to stop, and has to be carried over.
STOP = "stop"
_LOOK_S = 0.5
# Written by this side alone.
_OURS = frozenset({"job.json", STOP})


@dataclass(slots=True)
class Carried:
    """Volumes with a cell's files at their own places, and the container, never started, by which they are reached."""

    engine: Engine
    evidence: Path
    holder: str = ""
    mounts: list[Mount] = field(default_factory=list)

    def collect(self, limit: int) -> Kept:
        """Copy the evidence here, at most ``limit`` bytes of it."""
        return receive(self.engine.get(self.holder, str(self.evidence)), self.evidence, limit, ours=_OURS)

    @contextlib.contextmanager
    def told_to_stop(self) -> Iterator[None]:
        """Carry the request to stop over, should it come while this lasts."""
        over = threading.Event()
        thread = threading.Thread(target=self._watch, args=(over,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _watch(self, over: threading.Event) -> None:
        while not over.wait(_LOOK_S):
            if (self.evidence / STOP).exists():
                with contextlib.suppress(DaemonGone, Refused):
                    self.engine.put(self.holder, str(self.evidence), [_tar({STOP: b""}, (0, 0))])
                return


@contextlib.contextmanager
def carried(
    engine: Engine, *, image: str, labels: Mapping[str, str], evidence: Path, inputs: tuple[Path, ...], user: str
) -> Iterator[Carried]:
    """Make the volumes and fill them; ``user`` (``uid:gid``) owns the evidence there. All is removed in the end.

    Raises ``Refused`` and ``DaemonGone``.
    """
    carrier = Carried(engine, evidence)
    try:
        # The folder above: Docker gives the root of a volume to nobody but root.
        for place in (evidence.parent, *_tops(inputs)):
            name = f"trt-matrix-{secrets.token_hex(8)}"
            engine.create_volume(name, {**labels, MARK: "volume"})
            carrier.mounts.append(Mount(name, str(place), writable=place == evidence.parent, kind="volume"))
        carrier.holder = _holder(engine, image, labels, carrier.mounts)
        uid, _, gid = user.partition(":")
        engine.put(carrier.holder, str(evidence.parent), [_tar(_job(evidence), (int(uid), int(gid)))])
        for place in _tops(inputs):
            engine.put(carrier.holder, str(place), context.stream(context.folder(".", place)))
        yield carrier
    finally:
        with contextlib.suppress(DaemonGone):
            if carrier.holder:
                engine.remove(carrier.holder)
            for mount in carrier.mounts:
                engine.remove_volume(mount.source)


def _holder(engine: Engine, image: str, labels: Mapping[str, str], mounts: list[Mount]) -> str:
    """All volumes writable, since a daemon copies nothing into those that are not."""
    writable = tuple(Mount(mount.source, mount.target, writable=True, kind="volume") for mount in mounts)
    body = configuration(
        image=image,
        command=("never-started",),
        user="0:0",
        mounts=writable,
        limits=Limits(0),
        gpus=Gpus(),
        labels=labels,
        extra={"ReadonlyRootfs": False},
    )
    return engine.create(body, f"trt-matrix-files-{secrets.token_hex(4)}")


def _tops(inputs: tuple[Path, ...]) -> list[Path]:
    """The folders to copy: no file alone, and none that lies in another."""
    folders = {path if path.is_dir() else path.parent for path in inputs}
    return sorted(path for path in folders if not folders & set(path.parents))


def _job(evidence: Path) -> dict[str, bytes | None]:
    """The folder with the job, which goes without its pool of tokens: that cannot be shared with another machine.

    What earlier runs have timed goes along, where it was laid beside the job.
    """
    job = json.loads((evidence / "job.json").read_bytes())
    files = {path.name: path.read_bytes() for path in evidence.glob("*.cache")}
    files["job.json"] = json.dumps({**job, "tokens": None}, indent=1).encode()
    return {evidence.name: None} | {f"{evidence.name}/{name}": data for name, data in files.items()}


def _tar(entries: Mapping[str, bytes | None], owner: tuple[int, int]) -> bytes:
    """Files with their contents, folders with none."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, data in entries.items():
            info = tarfile.TarInfo(name)
            info.uid, info.gid = owner
            info.type, info.mode = (tarfile.DIRTYPE, 0o755) if data is None else (tarfile.REGTYPE, 0o644)
            info.size = len(data or b"")
            archive.addfile(info, io.BytesIO(data or b""))
    return content.getvalue()
