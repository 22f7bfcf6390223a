"""The builder's configuration of a case: what its recipe and target ask for, and how hard the builder looks."""

from __future__ import annotations

import ctypes
import os
from typing import Any, Dict, Optional, Tuple

from . import library, recipes, shapes
from .apis.base import Api
from .child import Desk
from .outcome import NotApplicable

TIMING_CACHE = "timing.cache"
# What each source of tactics loads when it is first used, in the releases before 10. A newer major version on the host
# is of no use to them.
_SOURCES: Dict[str, Tuple[str, ...]] = {
    "CUBLAS": ("libcublas.so.11", "libcublas.so.12"),
    "CUBLAS_LT": ("libcublasLt.so.11", "libcublasLt.so.12"),
    "CUDNN": ("libcudnn.so.8",),
}


def configure(desk: Desk, api: Api, builder: Any, network: Any) -> Any:
    """The configuration; where the job names a timing cache it is on it, for ``keep_timings`` to store."""
    config = builder.create_builder_config()
    config.profiling_verbosity = api.flag("ProfilingVerbosity", "DETAILED")
    api.set_precision(config, desk.case.recipe)
    api.set_target(config, desk.case.target)
    if recipes.keeps_edge(desk.case):
        config.set_flag(api.flag("BuilderFlag", "OBEY_PRECISION_CONSTRAINTS"))
    shapes.add_profile(builder, network, config, desk.case.options)
    _set_level(desk, config)
    _leave_out_missing_sources(desk, api, config)
    _set_timings(desk, config)
    return config


def _set_level(desk: Desk, config: Any) -> None:
    """How long the builder looks for faster tactics, 0 to 5; the release's own default where the case names none."""
    level = desk.case.options.get("optimization_level")
    if level is None:
        return
    if not hasattr(config, "builder_optimization_level"):
        raise NotApplicable("IBuilderConfig.builder_optimization_level is missing")
    config.builder_optimization_level = int(level)
    desk.events.write("note", text="builder optimisation level {}".format(level))


def _leave_out_missing_sources(desk: Desk, api: Api, config: Any) -> None:
    """Before TensorRT 10 a network with a plugin makes the builder load cuBLAS, and end where there is none."""
    sources = getattr(api.trt, "TacticSource", None)
    if sources is None or desk.job.flavour != "tensorrt" or not library.is_before_ten(desk.job.version):
        return
    chosen = config.get_tactic_sources()
    absent = [name for name in _SOURCES if _bit(sources, name) & chosen and not _loads(_SOURCES[name])]
    for name in absent:
        chosen &= ~_bit(sources, name)
    if absent:
        config.set_tactic_sources(chosen)
        desk.events.write("note", text="no tactics of {}: not in this cell".format(", ".join(absent)))


def _bit(sources: Any, name: str) -> int:
    member = getattr(sources, name, None)
    return 0 if member is None else 1 << int(member)


def _loads(names: Tuple[str, ...]) -> bool:
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False


def _set_timings(desk: Desk, config: Any) -> None:
    """Tactics that an earlier build of the cell has timed are not timed again."""
    place = desk.case.options.get("timing_cache")
    if not place:
        return
    data = b""
    if os.path.exists(place):
        with open(place, "rb") as file:
            data = file.read()
    cache = config.create_timing_cache(data)
    taken = bool(config.set_timing_cache(cache, ignore_mismatch=False))
    desk.events.write("timing-cache", read_bytes=len(data), taken=taken)


def keep_timings(desk: Desk, config: Any) -> None:
    """Store what is known now, whole or not at all. Only after a build that went well."""
    place = desk.case.options.get("timing_cache")
    cache: Optional[Any] = config.get_timing_cache() if place else None
    if cache is None:
        return
    data = bytes(memoryview(cache.serialize()))
    draft = "{}.{}".format(place, os.getpid())
    with open(draft, "wb") as file:
        file.write(data)
    os.replace(draft, str(place))
    desk.events.write("timing-cache", written_bytes=len(data))
