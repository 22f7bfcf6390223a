"""One case, inside its own process: parse, build, read the engine's layers back."""

from __future__ import annotations

import importlib
import time
from dataclasses import dataclass
from typing import Any, Dict, Tuple

from . import (
    apis,
    calibration,
    configuring,
    engine,
    executing,
    gpu_turn,
    library,
    logger,
    negative,
    networks,
    recipes,
    shapes,
)
from .apis.base import Api
from .child import Desk
from .job import Job
from .outcome import PASSED, CaseFailed, NotApplicable, NotRun, Outcome, without_device


class Loaded:
    """What the parent has imported once for all cases."""

    trt: Any = None
    import_s = 0.0
    gpus: Tuple[str, ...] = ()


@dataclass
class Tools:
    """The library's objects that live as long as the case."""

    api: Api
    heard: logger.Heard
    logger: Any
    builder: Any


def prepare(job: Job, facts: Dict[str, Any]) -> None:
    """Load and import once in the parent; nothing here initialises CUDA, so its children may fork from it."""
    started = time.monotonic()
    importlib.import_module("numpy")
    library.load(job.libraries)
    Loaded.trt = importlib.import_module(job.module)
    Loaded.import_s = time.monotonic() - started
    Loaded.gpus = tuple(facts["gpus"])


def run(desk: Desk) -> Outcome:
    """The whole case. What the release refuses or the library cannot do ends it with a reason."""
    desk.events.write("timing", name="import", seconds=round(Loaded.import_s, 6))
    try:
        return _run(desk)
    except NotApplicable as error:
        desk.events.write("refused", reason=str(error))
        return Outcome("not-applicable", str(error))
    except NotRun as error:
        return Outcome("not-run", str(error))
    except CaseFailed as error:
        return Outcome("failed", str(error))


def _run(desk: Desk) -> Outcome:
    desk.events.write("stage", stage="parse")
    started = time.monotonic()
    tools = _tools(desk)
    network = tools.api.create_network(tools.builder, desk.case.recipe, bool(desk.case.options.get("implicit_batch")))
    if desk.case.is_negative_control:
        return negative.control(desk, tools.api, network, tools.logger)
    owner = networks.populate(desk, tools.api, network, tools.logger)
    desk.measure("parse", time.monotonic() - started)
    _describe(desk, network)
    desk.events.write("stage", stage="build")
    with gpu_turn.shared(desk.job.tokens if Loaded.gpus else None):
        plan = _build(desk, tools, network)
    del owner
    source, found = engine.read_layers(tools.api, tools.logger, plan, tools.heard, Loaded.gpus)
    broken = recipes.broken_promise(desk.case.recipe, engine.keep(desk, plan, source, found))
    if desk.case.samples and desk.case.target == "device" and Loaded.gpus:
        desk.events.write("stage", stage="execute")
        started = time.monotonic()
        executing.execute(desk, tools.api.trt, tools.logger, plan)
        desk.measure("execute", time.monotonic() - started)
    return PASSED if broken is None else Outcome("failed", broken)


def _tools(desk: Desk) -> Tools:
    heard = logger.Heard()
    sink = logger.make(Loaded.trt, desk.log, heard)
    api, why = apis.choose(Loaded.trt)
    desk.events.write("api", generation=api.generation, reason=why)
    return Tools(api, heard, sink, _builder(sink, heard))


def _builder(sink: Any, heard: logger.Heard) -> Any:
    """TensorRT needs a device even for this; without one it gives nothing, which the bindings call a TypeError."""
    try:
        builder = Loaded.trt.Builder(sink)
    except TypeError:
        builder = None
    if builder is not None:
        return builder
    if heard.device_error and not Loaded.gpus:
        raise NotRun(without_device(heard.device_error))
    raise CaseFailed("builder: " + (heard.device_error or _first_error(heard)))


def _build(desk: Desk, tools: Tools, network: Any) -> Any:
    """The serialized engine. Its time is the library's: making the configuration and building."""
    started = time.monotonic()
    config = configuring.configure(desk, tools.api, tools.builder, network)
    # TensorRT 8.6 logs an error for each timing cache that it reads, and builds on it all the same.
    heard_before = len(tools.heard.errors)
    calibrator = calibration.attach(desk, tools.api, config)
    plan = tools.builder.build_serialized_network(network, config)
    desk.measure("build", time.monotonic() - started)
    del calibrator
    if plan is None:
        raise CaseFailed("builder: " + _first_error(tools.heard, heard_before))
    configuring.keep_timings(desk, config)
    return plan


def _describe(desk: Desk, network: Any) -> None:
    desk.events.write(
        "network",
        layers=network.num_layers,
        inputs=[shapes.describe(tensor) for tensor in shapes.inputs(network)],
        outputs=[shapes.describe(tensor) for tensor in shapes.outputs(network)],
    )


def _first_error(heard: logger.Heard, since: int = 0) -> str:
    """The first error is the cause; what follows it are consequences. Of those before ``since`` only without others."""
    errors = heard.errors[since:] or heard.errors
    return errors[0].splitlines()[0] if errors else "gave no engine and no error text"
