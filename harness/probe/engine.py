"""The built engine: its size, its hash, its layers."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any, Dict, List, Sequence, Tuple

from . import layers
from .apis.base import Api
from .child import Desk
from .logger import Heard


def read_layers(api: Api, logger: Any, plan: Any, heard: Heard, gpus: Sequence[str]) -> Tuple[str, List[layers.Layer]]:
    """``inspector`` and the engine inspector's layers where there is a device, else the builder's log's.

    The log's also where the inspector knows no types: it knows none of an implicit batch.
    """
    text = inspect(api.trt, logger, plan) if gpus else ""
    inspected = layers.from_inspector(text) if text else []
    logged = [] if layers.typed(inspected) else layers.from_log(heard.layers)
    return ("builder-log", logged) if logged or not inspected else ("inspector", inspected)


def inspect(trt: Any, logger: Any, plan: Any) -> str:
    """The engine inspector's JSON; empty where the release has none or does not take the engine on this device."""
    if not hasattr(trt, "LayerInformationFormat"):
        return ""
    engine = trt.Runtime(logger).deserialize_cuda_engine(plan)
    if engine is None:
        return ""
    return str(engine.create_engine_inspector().get_engine_information(trt.LayerInformationFormat.JSON))


def keep(desk: Desk, plan: Any, source: str, found: List[layers.Layer]) -> Dict[str, int]:
    """Write ``layers.json``, the ``engine`` event and, where asked, the engine; returns layers per precision."""
    data = memoryview(plan)
    precisions = layers.precisions(found)
    with open(os.path.join(desk.folder, "layers.json"), "w", encoding="ascii") as file:
        json.dump({"source": source, "layers": found}, file, indent=1)
    if desk.job.keep_engines:
        with open(os.path.join(desk.folder, "engine.bin"), "wb") as binary:
            binary.write(data)
    desk.events.write(
        "engine",
        bytes=data.nbytes,
        sha256=hashlib.sha256(data).hexdigest(),
        layers=len(found),
        precisions=precisions,
        source=source,
    )
    return precisions
