"""The model files of a run: each made once, however many cells need it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from harness.errors import HarnessError, InputError
from harness.execute.progress import Progress
from harness.matrix.cell import Case, Recipe, Route
from harness.subjects.keys import NEGATIVE_CONTROL, ModelRequest, Prepared, prepare_models, samples_of

# Under this name models stand among the cells where a run shows how far it is.
ROW = "models"


class ModelUnavailable(HarnessError):
    """The model of a case could not be made."""


class ModelStore:
    """Finds or makes models, from any thread; what is missing is made by ``processes`` processes at a time."""

    def __init__(self, cache: Path, processes: int, progress: Progress) -> None:
        self._cache = cache
        self._processes = processes
        self._progress = progress
        self._lock = threading.Lock()
        self._ready: dict[str, Prepared] = {}
        self._making = False
        self._keys: dict[tuple[str, str, str, str, bool], str] = {}

    def key(self, case: Case) -> str:
        """The key of a case's model. Raises ``InputError`` where a file that it needs cannot be read."""
        try:
            return self._key(request(case))
        except OSError as error:
            raise InputError(f"{error.filename}: {error.strerror}; subject {case.subject.name} needs it") from error

    def work_out_keys(self, cases: Iterable[Case]) -> None:
        """Before cells ask, each in a thread of its own: all would work out the same at the same time."""
        for case in cases:
            with suppress(InputError, OSError):  # said again, and kept, when the case itself asks
                self.key(case)
                self.samples_key(case)

    def ensure(self, cases: Iterable[Case]) -> None:
        """Make all that ``cases`` and their weight audits need, together, so that it is shared out well."""
        wanted = [NEGATIVE_CONTROL]
        for case in cases:
            try:
                self.key(case)
            except InputError:
                continue  # said again, and kept, when the case itself asks
            wanted += [request(case), source_request(case)]
            wanted += [samples_of(case.subject)] if executable(case) else []
        self._make(wanted)

    def awaited(self, cases: Iterable[Case]) -> bool:
        """Models of ``cases`` are being made, so that one who asks for them waits. Raises as ``key``."""
        return self._making and any(self.key(case) not in self._ready for case in cases)

    def get(self, case: Case) -> Prepared:
        """The model of a case. Raises ``ModelUnavailable`` where it cannot be made."""
        return self._one(self.key(case), request(case))

    def samples_key(self, case: Case) -> str:
        """The key of what the engine of a case is executed on; empty where it is built for another device."""
        if not executable(case):
            return ""
        return self._key(samples_of(case.subject))

    def samples(self, case: Case) -> Prepared:
        """The samples of an executable case. Raises ``ModelUnavailable`` where they cannot be made."""
        return self._one(self.samples_key(case), samples_of(case.subject))

    def source(self, case: Case) -> Prepared:
        """The same subject in FP32, whose weights the audit reads."""
        return self._one("", source_request(case))

    def negative_control(self) -> Path:
        """The model that every parser must refuse."""
        model = self._one(NEGATIVE_CONTROL.key, NEGATIVE_CONTROL).model
        assert model is not None
        return model

    def _one(self, key: str, wanted: ModelRequest) -> Prepared:
        key = key or self._key(wanted)
        if key not in self._ready:
            self._make([wanted])
        ready = self._ready[key]
        if ready.error:
            what = "samples" if wanted.samples else "model"
            raise ModelUnavailable(f"{what} of {wanted.subject.name} ({wanted.recipe.value}): {ready.error}")
        return ready

    def _key(self, wanted: ModelRequest) -> str:
        name = (wanted.subject.name, wanted.route.value, wanted.recipe.value, wanted.variant, wanted.samples)
        if name not in self._keys:
            self._keys[name] = wanted.key
        return self._keys[name]

    def _make(self, wanted: list[ModelRequest]) -> None:
        with self._lock:
            keyed = {self._key(one): one for one in wanted}
            missing = {key: one for key, one in keyed.items() if key not in self._ready}
            if missing:
                self._ready |= prepare_models(
                    missing.values(), self._cache, processes=self._processes, progress=self._began
                )
            if self._making:
                self._making = False
                self._progress.end(ROW, "made")

    def _began(self, words: str) -> None:
        self._making = True
        self._progress.stage(ROW, words)


def executable(case: Case) -> bool:
    """Its engine is for the GPU at hand."""
    return case.target == "device"


def request(case: Case) -> ModelRequest:
    return ModelRequest(case.subject, case.route, case.recipe, case.variant)


def source_request(case: Case) -> ModelRequest:
    return ModelRequest(case.subject, Route.ONNX, Recipe.FP32)
