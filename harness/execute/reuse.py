"""Nothing changed since: a conclusive case is taken from the run that made it, evidence and all.

The key of a case covers everything that could change its evidence. A record found under its key is used only
while its evidence is still there; a damaged entry counts as absent.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import msgspec

from harness.environments import Prepared
from harness.evidence.read import EVENTS_FORMAT
from harness.evidence.records import CaseRecord, Host
from harness.execute.job import NEGATIVE_CONTROL
from harness.matrix.cell import Case
from harness.whole import write_whole

_CELL_FILES = ("attestation.json", NEGATIVE_CONTROL)
_PROBE = Path(__file__).resolve().parent.parent / "probe"


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """Where a conclusive case lies: the run that executed it and the record as it stood."""

    run: str
    cell: str
    case: CaseRecord


@cache
def probe_digest() -> str:
    """Hash of the probe's source."""
    digest = hashlib.sha256()
    for path in sorted(_PROBE.rglob("*.py")):
        digest.update(path.relative_to(_PROBE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def environment_key(prepared: Prepared) -> str:
    """The environment's digest, the builder's settings, the state of the library files: a swapped one is noticed."""
    states = []
    for library in prepared.libraries:
        try:
            status = os.stat(library)  # noqa: PTH116 - a path inside a container need not exist here
        except OSError:
            continue
        states.append((library, status.st_size, status.st_mtime_ns, status.st_ino))
    builder = asdict(prepared.cell.builder)
    return _hash({"digest": prepared.digest, "libraries": states, "image": prepared.image_digest, "builder": builder})


def device_key(prepared: Prepared, host: Host) -> str:
    """What timings on a GPU hold for: the environment, the driver and the GPU."""
    return _hash({"environment": environment_key(prepared), "device": [host.driver, host.gpus]})


def case_key(case: Case, *, environment: str, model: str, expected: str, host: Host, samples: str = "") -> str:
    """Key of a case. ``environment`` is from ``environment_key``, ``model`` the key of the prepared model.

    ``samples`` is the key of what its engine is executed on; empty where it is not.
    """
    device = [host.driver, host.gpus] if case.target == "device" else []
    return _hash(
        {
            "format": EVENTS_FORMAT,
            "probe": probe_digest(),
            "environment": environment,
            "expected": expected,
            "model": model,
            "route": case.route.value,
            "recipe": case.recipe.value,
            "target": case.target,
            "variant": case.variant,
            "device": device,
        }
        | ({"samples": samples} if samples else {})
    )


@dataclass(frozen=True, slots=True)
class ReuseIndex:
    """Conclusive cases by key, one small file each. ``out`` holds the runs."""

    folder: Path
    out: Path

    def find(self, key: str) -> Stored | None:
        try:
            stored = msgspec.json.decode((self.folder / f"{key}.json").read_bytes(), type=Stored)
        except (OSError, msgspec.MsgspecError):
            return None
        return stored if (self.evidence(stored) / "events.jsonl").is_file() else None

    def evidence(self, stored: Stored) -> Path:
        return self.out / stored.run / "evidence" / stored.cell / stored.case.id

    def put(self, run: str, cell: str, record: CaseRecord) -> None:
        """Remember a case. Where that cannot be written it is run again: no reason to lose what it told."""
        path = self.folder / f"{record.key}.json"
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, msgspec.json.encode(Stored(run=run, cell=cell, case=record)))


def link_evidence(source: Path, target: Path) -> None:
    """Give a run its own copy of earlier evidence; hard links, since evidence is never changed."""
    _link_tree(str(source), str(target))


def link_cell_files(source: Path, target: Path) -> None:
    """Take over what belongs to a cell as a whole, where the new run has none of its own."""
    for name in _CELL_FILES:
        if (source / name).is_dir():
            link_evidence(source / name, target / name)
        elif (source / name).is_file():
            target.mkdir(parents=True, exist_ok=True)
            link_file(str(source / name), str(target / name))


def _link_tree(source: str, target: str) -> None:
    """As ``shutil.copytree`` without what it asks of each file: thousands are linked where nothing has changed."""
    os.makedirs(target, exist_ok=True)  # noqa: PTH103 - likewise
    with os.scandir(source) as entries:
        for entry in entries:
            if entry.is_dir():
                _link_tree(entry.path, f"{target}/{entry.name}")
            else:
                link_file(entry.path, f"{target}/{entry.name}")


def link_file(source: str, target: str) -> None:
    """A hard link where there can be one, else a copy; what is there already stays."""
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError:  # another file system, or one without hard links
        shutil.copy2(source, target)


def _hash(value: Mapping[str, object]) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()
