"""Plugin libraries that the user gives with a model, and NVIDIA's own: in the registry before the model is parsed."""

from __future__ import annotations

import ctypes
import os
import platform
from typing import Any, List, Set, Tuple

from . import library
from .apis.base import Api
from .child import Desk
from .outcome import CaseFailed, NotApplicable

Creator = Tuple[str, str, str]

# What a library exports whose plugins the registry itself fetches; others register theirs when they are loaded.
_ENTRIES = ("getCreators", "getPluginCreators")
_MACHINES = {3: "i686", 40: "arm", 62: "x86_64", 183: "aarch64", 243: "riscv64"}  # ELF's e_machine


def prepare(desk: Desk, api: Api, network: Any, logger: Any) -> None:
    """Load the case's libraries in their order; ``plugin-library`` events name them and what came into the registry.

    Raises ``CaseFailed`` where one cannot be loaded, ``NotApplicable`` where the release takes no plugin.
    """
    operators = desk.case.options.get("unknown_operators") or ()
    paths = desk.case.options.get("plugins") or ()
    if operators or paths:
        _standard(desk, api, logger)
    brought = [creator for path in paths for creator in _load(desk, api, path)]
    if brought and not (hasattr(network, "add_plugin_v3") or hasattr(network, "add_plugin_v2")):
        # The parser of TensorRT-RTX 1.7.1 tries all the same, and ends the process.
        raise NotApplicable("INetworkDefinition.add_plugin_v3 is missing: the release takes no plugin")


def _standard(desk: Desk, api: Api, logger: Any) -> None:
    """NVIDIA's own plugins, as trtexec has them. A release without their library goes on without them."""
    start = getattr(api.trt, "init_libnvinfer_plugins", None)
    if start is None:
        return
    before = creators(api.trt)
    try:
        done = bool(start(logger, ""))
    except Exception as error:
        print("init_libnvinfer_plugins: {}: {}".format(type(error).__name__, error), flush=True)
        done = False
    desk.events.write("standard-plugins", done=done, creators=len(creators(api.trt) - before))


def _load(desk: Desk, api: Api, path: str) -> List[Creator]:
    before = creators(api.trt)
    name = os.path.basename(path)
    try:
        loaded = ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)
    except OSError as error:
        raise CaseFailed("plugin: {}".format(_why(path, str(error)))) from error
    way = "dlopen"
    brought = sorted(creators(api.trt) - before)
    if not brought and any(hasattr(loaded, entry) for entry in _ENTRIES):
        way = "IPluginRegistry.load_library"
        _by_registry(api.trt, path)
        brought = sorted(creators(api.trt) - before)
    told = [{"name": own, "version": version, "namespace": space} for own, version, space in brought]
    desk.events.write("plugin-library", library=name, sha256=library.sha256(path), way=way, creators=told)
    if not brought:
        print("plugin: {}: registers no plugin; its creators may be in the registry already".format(name), flush=True)
    return brought


def _by_registry(trt: Any, path: str) -> None:
    registry = trt.get_plugin_registry()
    if not hasattr(registry, "load_library"):
        raise NotApplicable("IPluginRegistry.load_library is missing: the library must register its plugins itself")
    if registry.load_library(path) is None:
        raise CaseFailed("plugin: {}: the registry did not take it: tensorrt.log tells why".format(path))


def creators(trt: Any) -> Set[Creator]:
    """Name, version and namespace of all creators in the registry."""
    if not hasattr(trt, "get_plugin_registry"):
        return set()
    registry = trt.get_plugin_registry()
    # `all_creators` came with TensorRT 10, `plugin_creator_list` went with 11.
    found = registry.all_creators if hasattr(registry, "all_creators") else registry.plugin_creator_list
    return {(str(each.name), str(each.plugin_version), str(each.plugin_namespace)) for each in found}


def _why(path: str, text: str) -> str:
    """The linker's words, which the rules know too, and what to do about them."""
    name, here = os.path.basename(path), platform.machine()
    machine = _machine(path)
    if machine and machine != here:
        told = "{}: is built for {}, this cell runs on {}: build it for {}".format(name, machine, here, here)
    elif "cannot open shared object file" in text:
        told = "{}: needs another library: give that one before it in `plugins`: {}".format(name, text)
    elif "undefined symbol" in text:
        told = "{}: is built for another release: build it with this release's headers: {}".format(name, text)
    else:
        told = "{}: cannot be loaded: {}".format(name, text)
    print("plugin: " + told, flush=True)
    return told


def _machine(path: str) -> str:
    """What an ELF file is for; empty where it cannot be read."""
    try:
        with open(path, "rb") as file:
            head = file.read(20)
    except OSError:
        return ""
    number = int.from_bytes(head[18:20], "little")
    return _MACHINES.get(number, "ELF machine {}".format(number)) if head.startswith(b"\x7fELF") else ""
