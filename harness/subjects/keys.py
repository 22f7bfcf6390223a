"""Which model file a case needs, under which key it is kept, and how missing ones are made.

The process that runs a matrix imports this module: no NumPy, no ONNX. Cases whose precision is the builder's business
(a flag) share one FP32 model, and so do all cells and targets.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import sys
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from harness import process
from harness.matrix.cell import Recipe, Route, Subject
from harness.subjects import leftovers

FORMAT = 1
PREPARE_TIMEOUT_S = 900.0
_TOOLS = ("numpy", "onnx", "onnxruntime", "ml_dtypes")


class Form(StrEnum):
    """The precision that is written into the model file itself. ``CALIBRATED`` is FP32 with batches beside it."""

    FP32 = "fp32"
    CALIBRATED = "int8-calibrated"
    FP16_TYPED = "fp16-typed"
    BF16_TYPED = "bf16-typed"
    INT8_QDQ = "int8-qdq"
    FP8_QDQ = "fp8-qdq"
    SAMPLES = "samples"  # no model: what engines are executed on


def form_of(recipe: Recipe) -> Form:
    """FP32 for the recipes that a flag of the builder makes."""
    return Form(recipe.value) if recipe.value in list(Form) else Form.FP32


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One model file to make, or with ``samples`` the samples of a subject, which all its routes and recipes share."""

    subject: Subject
    route: Route
    recipe: Recipe
    variant: str = ""
    samples: bool = False

    @property
    def form(self) -> Form:
        return Form.SAMPLES if self.samples else form_of(self.recipe)

    @property
    def key(self) -> str:
        return model_key(self.subject, self.route, self.recipe, self.variant, samples=self.samples)


def samples_of(subject: Subject) -> ModelRequest:
    return ModelRequest(subject, Route.ONNX, Recipe.FP32, samples=True)


# A model that every ONNX parser of TensorRT must refuse: it uses an operator of a domain that nobody has.
NEGATIVE_CONTROL = ModelRequest(
    Subject("negative-control", "refused", (Route.ONNX,), (Recipe.FP32,)), Route.ONNX, Recipe.FP32
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A model that lies ready in ``folder``; ``info`` is its info.json. ``error`` is set where it could not be made."""

    key: str
    folder: Path
    info: Mapping[str, Any]
    error: str = ""

    @property
    def model(self) -> Path | None:
        return self._file("model")

    @property
    def network(self) -> Path | None:
        return self._file("network")

    @property
    def weights(self) -> Path | None:
        return self._file("weights")

    @property
    def samples(self) -> Path | None:
        return self._file("samples")

    @property
    def options(self) -> dict[str, Any]:
        """What the probe is told of this model: see the job's ``options``; files by their place."""
        options = dict(self.info.get("options", {}))
        batches = self._file("calibration")
        if batches is not None:
            cache = self._file("cache")
            started = {"cache": str(cache.resolve())} if cache else {}
            options["calibration"] = {**options.get("calibration", {}), "batches": str(batches.resolve()), **started}
        if "plugins" in options:
            options["plugins"] = [str((self.folder / name).resolve()) for name in options["plugins"]]
        return options

    def _file(self, kind: str) -> Path | None:
        name = self.info.get("files", {}).get(kind)
        return self.folder / name if name else None


# Options that change nothing in a model file: they say what is measured, and how well it must agree.
JUDGING = ("metric", "samples", "tolerances", "wider_face", "wider_pictures")
# Options of the builder's calibrator alone.
CALIBRATING = ("calibrator", "calibration_cache")


def model_key(subject: Subject, route: Route, recipe: Recipe, variant: str = "", *, samples: bool = False) -> str:
    """Hash of all that could change the model file: options, files named in them, form, our own code, our tools.

    The subject's name is not part of it. Raises OSError where a file named in the options cannot be read.
    """
    form = Form.SAMPLES if samples else form_of(recipe)
    ignored = {"tolerances", "plugins"} if samples else set(JUDGING)
    ignored |= set() if form is Form.CALIBRATED else set(CALIBRATING)
    covered = {
        "format": FORMAT,
        "model": subject.model,
        "options": {name: value for name, value in subject.options.items() if name not in ignored},
        "files": _files(subject, ignored),
        "network": route is not Route.ONNX,
        "form": form,
        "variant": variant,
        "code": code_digest(),
        "tools": _tools(),
    }
    text = json.dumps(covered, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def prepare_models(
    requests: Iterable[ModelRequest],
    cache: Path,
    *,
    processes: int = 2,
    progress: Callable[[str], None] = lambda _words: None,
) -> dict[str, Prepared]:
    """Find or make the models of ``requests`` under ``cache``/subjects; by key.

    What is missing is made by at most ``processes`` processes, several models each. One that cannot be made has an
    ``error`` and spoils no other.
    """
    folder = cache / "subjects"
    wanted = {request.key: request for request in requests}
    found = {key: ready for key in wanted if (ready := find(folder, key)) is not None}
    missing = [key for key in wanted if key not in found]
    if not missing:
        return found
    progress(f"making {len(missing)} model files")
    folder.mkdir(parents=True, exist_ok=True)
    leftovers.clear(folder)
    batches = _batches({key: wanted[key] for key in missing}, processes)
    with ThreadPoolExecutor(len(batches)) as pool:
        failures: dict[str, str] = {}
        for failed in pool.map(lambda batch: _make(batch, folder), batches):
            failures.update(failed)
    for key in missing:
        found[key] = find(folder, key) or Prepared(key, folder / key, {}, failures.get(key, "was not made"))
    return found


def find(folder: Path, key: str) -> Prepared | None:
    """A model made earlier; ``None`` where there is none or its info.json or a file is damaged."""
    place = folder / key
    try:
        info = json.loads((place / "info.json").read_bytes())
        whole = info["key"] == key and all(
            (place / name).stat().st_size == info["bytes"][name] for name in info["files"].values()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Prepared(key, place, info) if whole else None


def _batches(wanted: Mapping[str, ModelRequest], processes: int) -> list[dict[str, ModelRequest]]:
    """Shared out by weight: big backbones and quantisation first, each to the batch that has least."""
    batches: list[dict[str, ModelRequest]] = [{} for _ in range(max(1, min(processes, len(wanted))))]
    loads = [0.0] * len(batches)
    for key in sorted(wanted, key=lambda each: -_effort(wanted[each])):
        least = loads.index(min(loads))
        batches[least][key] = wanted[key]
        loads[least] += _effort(wanted[key])
    return batches


def _effort(request: ModelRequest) -> float:
    """Rough seconds."""
    size = 4.0 if request.subject.options.get("backbone") == "resnet50" else 1.0
    return size * (6.0 if request.form in (Form.INT8_QDQ, Form.FP8_QDQ) else 1.0)


def _make(batch: Mapping[str, ModelRequest], folder: Path) -> dict[str, str]:
    """Run one process for a batch; what failed, by key."""
    order = folder / leftovers.request_of(uuid.uuid4().hex)
    order.write_text(
        json.dumps({"format": FORMAT, "folder": str(folder), "models": [_wire(*each) for each in batch.items()]})
    )
    try:
        done = process.run(
            [sys.executable, "-m", "harness.subjects.prepare", order], timeout=PREPARE_TIMEOUT_S, check=False
        )
    finally:
        order.unlink()
    failures = dict(_failure(line) for line in done.stdout.splitlines() if line.startswith('{"key"'))
    if done.status != 0:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        ended = f"the process that makes models ended with {process.ending(done.status)}: {last}"
        return dict.fromkeys(batch, ended) | failures
    return failures


def _failure(line: str) -> tuple[str, str]:
    said = json.loads(line)
    return said["key"], said["error"]


def _wire(key: str, request: ModelRequest) -> dict[str, object]:
    return {
        "key": key,
        "model": request.subject.model,
        "options": dict(request.subject.options),
        "network": request.route is not Route.ONNX,
        "form": request.form,
        "variant": request.variant,
    }


_FILES = ("weights", "path", "inputs", "calibration_cache", "wider_face")


def _files(subject: Subject, ignored: set[str]) -> dict[str, str]:
    """Hashes of the files that the options name, but for those ``ignored``."""
    named = {name: str(subject.options[name]) for name in _FILES if name in subject.options and name not in ignored}
    hashes = {name: _hash_path(Path(value)) for name, value in named.items() if not is_builtin(name, value)}
    libraries = subject.options.get("plugins") if "plugins" not in ignored else None
    if isinstance(libraries, list):
        hashes["plugins"] = " ".join(_hash_path(Path(str(value))) for value in libraries)
    return hashes


def is_builtin(name: str, value: str) -> bool:
    """``seed:N`` and the weights ``reference`` are our own, not files."""
    return value.startswith("seed:") or (name == "weights" and value == "reference")


def _hash_path(path: Path) -> str:
    if path.is_dir():
        return hashlib.sha256("".join(_hash_path(each) for each in sorted(path.iterdir())).encode()).hexdigest()
    state = path.stat()
    return _hash_file(path, (state.st_size, state.st_mtime_ns))


@functools.lru_cache(maxsize=4096)
def _hash_file(path: Path, _state: tuple[int, int]) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.cache
def code_digest() -> str:
    """Our own emitters, the plugin's sources and the reference checkpoint."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.safetensors"), *root.rglob("plugin/*.*")]):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


@functools.cache
def _tools() -> dict[str, str]:
    installed = _installed()
    return {name: installed.get(name) or _version(name) for name in _TOOLS}


def _installed() -> dict[str, str]:
    """Versions by the names of the folders that installers leave: a tenth of what ``importlib.metadata`` costs."""
    found: dict[str, str] = {}
    for place in sys.path:
        with suppress(OSError), os.scandir(place or ".") as entries:
            for entry in entries:
                if entry.name.endswith(".dist-info"):
                    name, _, version = entry.name.removesuffix(".dist-info").rpartition("-")
                    found.setdefault(name.lower(), version)
    return found


def _version(name: str) -> str:
    from importlib import metadata

    return metadata.version(name)
