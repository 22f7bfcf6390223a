"""Weights from a seed: no training, but a spread like that of trained weights.

Weight decay drives whole channels of trained networks towards zero, down to values that FP16 cannot hold. So a share of
the channels here is scaled down by 1e-3 to 1e-9, on purpose; the batch-norm statistics fit the weights, so that
activations neither vanish nor explode.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from harness.subjects.retinaface.architecture import Convolution, Network

NOTE = "seeded initialisation, not trained; a share of the channels is below FP16's normal range on purpose"
_IMAGE_POWER = 4000.0  # mean square of BGR minus the mean
_DECAYED = 0.03  # share of channels


def seeded_weights(net: Network, seed: int) -> dict[str, NDArray[np.float32]]:
    """All parameters of the network, FP32; each depends on the seed and its own name alone."""
    weights: dict[str, NDArray[np.float32]] = {}
    for conv in net.convolutions:
        weights.update(_convolution(conv, seed))
    return weights


def _convolution(conv: Convolution, seed: int) -> dict[str, NDArray[np.float32]]:
    random = np.random.default_rng([seed, zlib.crc32(conv.name.encode())])
    shape = (conv.outputs, conv.inputs // conv.groups, conv.kernel, conv.kernel)
    fan_in = shape[1] * conv.kernel**2
    channels = np.exp(random.normal(0.0, 0.5, conv.outputs))
    if conv.norm is not None:
        decayed = random.random(conv.outputs) < _DECAYED
        channels = np.where(decayed, 10.0 ** -random.uniform(3, 9, conv.outputs), channels)
    weight = random.normal(0.0, fan_in**-0.5, shape) * channels[:, None, None, None]
    result = {f"{conv.name}.weight": weight}
    if conv.norm is None:
        result[f"{conv.name}.bias"] = random.normal(0.0, 0.5, conv.outputs)
    else:
        power = _IMAGE_POWER if conv.inputs == 3 else 0.6
        variance = power * np.square(weight).sum(axis=(1, 2, 3)) * np.exp(random.normal(0.0, 0.2, conv.outputs))
        # The last unit of a residual block starts small, so that the sums of sixteen blocks stay in range.
        gain = 0.3 if conv.norm.endswith("bn3") else 1.0
        result[f"{conv.norm}.weight"] = gain * random.uniform(0.5, 1.3, conv.outputs)
        result[f"{conv.norm}.bias"] = random.normal(0.0, 0.2, conv.outputs)
        result[f"{conv.norm}.running_mean"] = random.normal(0.0, 0.2, conv.outputs) * np.sqrt(variance)
        result[f"{conv.norm}.running_var"] = variance
    return {name: array.astype(np.float32) for name, array in result.items()}
