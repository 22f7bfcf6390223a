"""Trains the reference checkpoint: RetinaFace with the MobileNet-0.25 backbone, on faces that the project draws itself.

    python tools/train_reference.py --steps 2100 --out harness/subjects/retinaface/checkpoint/mobilenet0.25.safetensors

Needs PyTorch (CPU or GPU) and NumPy. The recipe is that of Pytorch_Retinaface where it matters here: multibox loss with
an overlap of 0.35 and seven negatives for a positive, box loss twice, SGD with momentum 0.9 and weight decay 5e-4. It
differs in that it starts from nothing (no pretraining) and in the course of its learning rate (warm-up, then a cosine).
The result is a test subject for builders, not a face detector for production.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from harness.subjects.description import weight_counts
from harness.subjects.faces import TEST_SEED, TRAINING_SEED, Picture, network_input, picture
from harness.subjects.retinaface.architecture import (
    BATCH_NORM_EPSILON,
    HEADS,
    INPUT,
    MEAN_BGR,
    VARIANCES,
    Add,
    Backbone,
    Concat,
    Convolution,
    MaxPool,
    Network,
    Upsample,
    network,
    parameters,
)
from harness.subjects.retinaface.decode import faces_of_raw
from harness.subjects.retinaface.metrics import Accuracy, Truth, accuracy
from harness.subjects.retinaface.priors import priors
from harness.subjects.weights.safetensors import write_file

LEARNING_RATE = 1e-2
WARM_UP = 300  # steps
MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4
OVERLAP = 0.35
NEGATIVES = 7  # for each positive
BATCHES = {320: 32, 640: 8}  # pictures, by size
SHARE_LARGE = 0.25  # of the steps
TEST_PICTURES = 200

Batch = tuple[Tensor, Tensor, Tensor, Tensor]


class RetinaFace(nn.Module):
    """The description, run by PyTorch. Parameters are kept by convolution; ``weights`` gives the checkpoint's names."""

    def __init__(self, net: Network) -> None:
        super().__init__()
        self.net = net
        self.convs = nn.ModuleDict()
        self.norms = nn.ModuleDict()
        for conv in net.convolutions:
            key = conv.name.replace(".", "/")
            self.convs[key] = nn.Conv2d(
                conv.inputs,
                conv.outputs,
                conv.kernel,
                conv.stride,
                conv.padding,
                groups=conv.groups,
                bias=not conv.norm,
            )
            if conv.norm:
                self.norms[key] = nn.BatchNorm2d(conv.outputs, eps=BATCH_NORM_EPSILON)

    def forward(self, image: Tensor) -> list[Tensor]:
        """``loc``, ``conf``, ``landms``: (B, N, 4), (B, N, 2), (B, N, 10)."""
        tensors = {INPUT: image}
        for operation in self.net.operations:
            tensors[operation.name] = self._run(operation, tensors)
        return [
            torch.cat([tensors[name].permute(0, 2, 3, 1).reshape(len(image), -1, HEADS[head]) for name in names], dim=1)
            for head, names in self.net.heads.items()
        ]

    def _run(self, operation: object, tensors: dict[str, Tensor]) -> Tensor:
        match operation:
            case Convolution():
                return self._convolve(operation, tensors[operation.source])
            case MaxPool(_, source):
                return functional.max_pool2d(tensors[source], 3, 2, 1)
            case Add(_, (one, other), relu):
                total = tensors[one] + tensors[other]
                return functional.relu(total) if relu else total
            case Upsample(_, source):
                return functional.interpolate(tensors[source], scale_factor=2, mode="nearest")
            case Concat(_, sources):
                return functional.relu(torch.cat([tensors[source] for source in sources], dim=1))
        raise TypeError(operation)

    def _convolve(self, conv: Convolution, value: Tensor) -> Tensor:
        key = conv.name.replace(".", "/")
        value = self.convs[key](value)
        if conv.norm:
            value = self.norms[key](value)
        return value if conv.slope is None else functional.leaky_relu(value, conv.slope)

    def weights(self) -> dict[str, NDArray[np.float32]]:
        found: dict[str, Tensor] = {}
        for conv in self.net.convolutions:
            key = conv.name.replace(".", "/")
            found |= {f"{conv.name}.{name}": each for name, each in self.convs[key].state_dict().items()}
            if conv.norm:
                found |= {f"{conv.norm}.{name}": each for name, each in self.norms[key].state_dict().items()}
        return {name: found[name].cpu().numpy() for name in parameters(self.net)}


class Scenes(Dataset[Batch]):
    """One item is the batch of one step, drawn from the step's number: the same in every run."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> Batch:
        torch.set_num_threads(1)
        size = 640 if np.random.default_rng(step).random() < SHARE_LARGE else 320
        first = TRAINING_SEED + step * 64
        scenes = [picture(first + number, size, size) for number in range(BATCHES[size])]
        images = np.concatenate([network_input(scene.image, MEAN_BGR) for scene in scenes])
        targets = [_targets(scene, size) for scene in scenes]
        return torch.from_numpy(images), *(torch.from_numpy(np.stack(each)) for each in zip(*targets, strict=True))


def _targets(scene: Picture, size: int) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]:
    """What the heads should say: boxes (N, 4), classes (N,), points (N, 10)."""
    centres, sizes = priors(size, size)
    if not len(scene.boxes):
        return (
            np.zeros((len(sizes), 4), np.float32),
            np.zeros(len(sizes), np.int64),
            np.zeros((len(sizes), 10), np.float32),
        )
    corners = np.concatenate((centres - sizes / 2, centres + sizes / 2), axis=1)
    shared = _overlaps(scene.boxes, corners)
    owner, best = shared.argmax(axis=0), shared.max(axis=0)
    # Every face has at least the anchor that fits it best.
    for face, anchor in enumerate(shared.argmax(axis=1)):
        owner[anchor], best[anchor] = face, 1.0
    boxes, points = scene.boxes[owner], scene.points[owner]
    middle, extent = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    loc = np.concatenate(((middle - centres) / (VARIANCES[0] * sizes), np.log(extent / sizes) / VARIANCES[1]), axis=1)
    landms = (points - centres[:, None]) / (VARIANCES[0] * sizes[:, None])
    return loc.astype(np.float32), (best >= OVERLAP).astype(np.int64), landms.reshape(-1, 10).astype(np.float32)


def _overlaps(faces: NDArray[np.float32], corners: NDArray[np.float32]) -> NDArray[np.float32]:
    low = np.maximum(faces[:, None, :2], corners[None, :, :2])
    high = np.minimum(faces[:, None, 2:], corners[None, :, 2:])
    inner = np.maximum(high - low, 0).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (faces, corners)]
    return inner / (areas[0][:, None] + areas[1][None] - inner)


def multibox_loss(outputs: list[Tensor], targets: list[Tensor]) -> Tensor:
    """Class, box (twice) and landmark loss for each positive anchor; the hardest negatives only."""
    (loc, conf, landms), (loc_t, classes, landms_t) = outputs, targets
    positive = classes > 0
    number = positive.sum().clamp(min=1)
    losses = functional.cross_entropy(conf.flatten(0, 1), classes.flatten(), reduction="none").view_as(classes)
    hardness = losses.detach().masked_fill(positive, 0)
    rank = hardness.argsort(dim=1, descending=True).argsort(dim=1)
    negative = rank < (NEGATIVES * positive.sum(dim=1, keepdim=True)).clamp(min=NEGATIVES)
    class_loss = losses[positive | negative].sum()
    box_loss = functional.smooth_l1_loss(loc[positive], loc_t[positive], reduction="sum")
    point_loss = functional.smooth_l1_loss(landms[positive], landms_t[positive], reduction="sum")
    return (class_loss + 2 * box_loss + point_loss) / number


def train(model: RetinaFace, steps: int, device: torch.device, workers: int) -> None:
    optimiser = torch.optim.SGD(model.parameters(), LEARNING_RATE, MOMENTUM, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, steps))
    started = time.monotonic()
    for step, batch in enumerate(DataLoader(Scenes(steps), batch_size=None, num_workers=workers), start=1):
        images, *targets = (each.to(device, non_blocking=True) for each in batch)
        loss = multibox_loss(model(images), targets)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimiser.step()
        schedule.step()
        if step % 100 == 0 or step == steps:
            speed = step / (time.monotonic() - started)
            print(f"step {step} of {steps}: loss {loss.item():.3f}, {speed:.1f} steps/s", flush=True)


def _rate(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / WARM_UP) * 0.5 * (1 + math.cos(math.pi * min(step / steps, 1.0)))


def test(model: RetinaFace, device: torch.device, size: int) -> Accuracy:
    """The score on pictures of seeds that training never uses."""
    found, truths = [], []
    for scene in _test_scenes(size):
        with torch.no_grad():
            outputs = model(torch.from_numpy(network_input(scene.image, MEAN_BGR)).to(device))
        found.append(faces_of_raw(*(each[0].cpu().numpy() for each in outputs), size, size))
        truths.append(Truth(scene.boxes, scene.points))
    return accuracy(found, truths)


def _test_scenes(size: int) -> Iterator[Picture]:
    return (picture(TEST_SEED + number, size, size) for number in range(TEST_PICTURES))


def _told(score: Accuracy) -> dict[str, float]:
    return {
        "pictures": TEST_PICTURES,
        "faces": score.faces,
        "average_precision": round(score.average_precision, 4),
        "landmark_error": round(score.landmark_error, 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=2100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="processes that draw pictures")
    parser.add_argument("--out", type=Path, required=True, help="the .safetensors to write; a .json stands beside it")
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    torch.backends.cudnn.benchmark = True
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = RetinaFace(network(Backbone.MOBILENET)).to(device)
    train(model, arguments.steps, device, arguments.workers)
    model.eval()
    weights = model.weights()
    report = {
        "script": "tools/train_reference.py",
        "seed": arguments.seed,
        "steps": arguments.steps,
        "pytorch": torch.__version__,
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "CPU",
        "test": {str(size): _told(test(model, device, size)) for size in BATCHES},
        "counts": weight_counts(weights),
    }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    write_file(arguments.out, weights, {name: json.dumps(value) for name, value in report.items()})
    arguments.out.with_suffix(".json").write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
