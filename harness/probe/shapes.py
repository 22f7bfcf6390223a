"""Shapes for inputs whose dimensions the model leaves open."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping

from .outcome import CaseFailed


def describe(tensor: Any) -> Dict[str, Any]:
    """Name, shape and type of a network tensor, as an event has them."""
    return {"name": tensor.name, "shape": [int(size) for size in tensor.shape], "type": tensor.dtype.name}


def inputs(network: Any) -> List[Any]:
    return [network.get_input(index) for index in range(network.num_inputs)]


def outputs(network: Any) -> List[Any]:
    return [network.get_output(index) for index in range(network.num_outputs)]


def add_profile(builder: Any, network: Any, config: Any, options: Mapping[str, Any]) -> None:
    """One optimisation profile from ``options["shapes"]``: input name -> ``min``, ``opt``, ``max``, a list each."""
    open_inputs = [tensor.name for tensor in inputs(network) if any(size < 0 for size in tensor.shape)]
    if not open_inputs:
        return
    shapes = options.get("shapes") or {}
    profile = builder.create_optimization_profile()
    for name in open_inputs:
        if name not in shapes:
            raise CaseFailed("input {} has open dimensions and the job gives no shapes for it".format(name))
        profile.set_shape(name, *(tuple(shapes[name][which]) for which in ("min", "opt", "max")))
    config.add_optimization_profile(profile)
