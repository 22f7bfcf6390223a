"""What a release says of an engine, a timing cache and a calibration cache that another release made. Needs a GPU.

usage: carried_over.py OUT KIND FILE LIBRARY...     KIND is engine, timing-cache or calibration-cache
The module ``tensorrt_bindings`` must be importable. Writes OUT/KIND.log, verbose, and prints what came of it.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.probe import library
from harness.probe.log import SEVERITIES

SHAPE = (1, 3, 16, 16)


class Library:
    """The loaded release, whose log goes to a file."""

    def __init__(self, trt: Any, log: Path) -> None:
        self.trt = trt
        self._log = log.open("w", encoding="utf-8")
        outer = self

        class Logger(trt.ILogger):  # type: ignore[misc]
            def __init__(self) -> None:
                trt.ILogger.__init__(self)

            def log(self, severity: Any, message: str) -> None:
                outer._log.write(f"[{SEVERITIES.get(severity.name, 'V')}] {message}\n")
                outer._log.flush()

        self.logger = Logger()
        self._kept: list[Any] = []

    def engine(self, data: bytes) -> str:
        """Read an engine."""
        found = self.trt.Runtime(self.logger).deserialize_cuda_engine(data)
        return "refused" if found is None else f"read: {found.name!r}"

    def timing_cache(self, data: bytes) -> str:
        """Build on a timing cache."""
        builder, network, config = self._small()
        cache = config.create_timing_cache(data)
        taken = cache is not None and config.set_timing_cache(cache, ignore_mismatch=False)
        plan = builder.build_serialized_network(network, config)
        return f"{'taken' if taken else 'refused'}; {'built' if plan else 'not built'}"

    def calibration_cache(self, data: bytes) -> str:
        """Build INT8 by a calibration cache alone."""
        builder, network, config = self._small()
        base = self.trt.IInt8EntropyCalibrator2

        class Calibrator(base):  # type: ignore[misc, valid-type]
            def __init__(self) -> None:
                base.__init__(self)

            def get_batch_size(self) -> int:
                return 1

            def get_batch(self, _names: list[str]) -> None:
                return None

            def read_calibration_cache(self) -> bytes:
                return data

            def write_calibration_cache(self, _data: Any) -> None:
                pass

        config.set_flag(self.trt.BuilderFlag.INT8)
        calibrator = Calibrator()
        config.int8_calibrator = calibrator
        plan = builder.build_serialized_network(network, config)
        return "built" if plan else "not built"

    def _small(self) -> tuple[Any, Any, Any]:
        """A convolution whose tensors are called as RetinaFace's first ones."""
        builder = self.trt.Builder(self.logger)
        flags = 1 if hasattr(self.trt.NetworkDefinitionCreationFlag, "EXPLICIT_BATCH") else 0
        network = builder.create_network(flags)
        tensor = network.add_input("input", self.trt.float32, SHAPE)
        kernel = np.random.default_rng(7).normal(0.0, 0.2, (8, 3, 3, 3)).astype(np.float32)
        self._kept.append(kernel)
        layer = network.add_convolution_nd(tensor, 8, (3, 3), self.trt.Weights(kernel), self.trt.Weights())
        layer.get_output(0).name = "output"
        network.mark_output(layer.get_output(0))
        config = builder.create_builder_config()
        if library.is_before_ten(self.trt.__version__):
            config.set_tactic_sources(0)
        return builder, network, config


def main() -> None:
    out, kind, file, *libraries = sys.argv[1:]
    library.load(libraries)
    Path(out).mkdir(parents=True, exist_ok=True)
    loaded = Library(importlib.import_module("tensorrt_bindings"), Path(out) / f"{kind}.log")
    read = {
        "engine": loaded.engine,
        "timing-cache": loaded.timing_cache,
        "calibration-cache": loaded.calibration_cache,
    }
    print(f"{loaded.trt.__version__} {kind}: {read[kind](Path(file).read_bytes())}", flush=True)


if __name__ == "__main__":
    main()
