"""RetinaFace once, as data: what every emitter reads.

The network of "RetinaFace: Single-stage Dense Face Localisation in the Wild" (Deng et al., 2019) in the form of
Pytorch_Retinaface: a backbone, a feature pyramid, three SSH modules, heads at strides 8, 16 and 32. Parameter names
and shapes are those of its state dict, so its checkpoints load unchanged.

Each operation writes one tensor of its own name. Layouts are NCHW; the input is BGR minus ``MEAN_BGR``, FP32.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harness.errors import InputError

INPUT = "input"
MEAN_BGR = (104.0, 117.0, 123.0)
STRIDES = (8, 16, 32)
ANCHOR_SIZES = ((16, 32), (64, 128), (256, 512))  # pixels, at each stride
ANCHORS = 2  # per place
VARIANCES = (0.1, 0.2)  # centres and landmarks; log of width and height
BATCH_NORM_EPSILON = 1e-5
# Numbers per anchor: background and face; centre, width, height; five points.
HEADS = {"BboxHead": 4, "ClassHead": 2, "LandmarkHead": 10}


class Backbone(StrEnum):
    MOBILENET = "mobilenet0.25"
    RESNET50 = "resnet50"


@dataclass(frozen=True, slots=True)
class Convolution:
    """Convolution without padding loss, then batch-norm where ``norm`` names its parameters, else a bias.

    ``slope`` is that of the LeakyReLU that follows; 0 is a ReLU, ``None`` no activation.
    """

    name: str
    source: str
    inputs: int
    outputs: int
    kernel: int
    stride: int = 1
    groups: int = 1
    norm: str | None = None
    slope: float | None = None

    @property
    def padding(self) -> int:
        return self.kernel // 2


@dataclass(frozen=True, slots=True)
class MaxPool:
    """3x3, stride 2, padding 1."""

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Add:
    """Sum of two tensors, then a ReLU where ``relu`` is set."""

    name: str
    sources: tuple[str, str]
    relu: bool = False


@dataclass(frozen=True, slots=True)
class Upsample:
    """Nearest neighbour, twice the height and width."""

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Concat:
    """Along the channels, then a ReLU."""

    name: str
    sources: tuple[str, ...]


Operation = Convolution | MaxPool | Add | Upsample | Concat


@dataclass(frozen=True, slots=True)
class Network:
    """``heads`` names, for each of ``HEADS``, the tensors at strides 8, 16 and 32: (1, numbers x ANCHORS, H, W)."""

    backbone: Backbone
    operations: tuple[Operation, ...]
    heads: dict[str, tuple[str, ...]]

    @property
    def convolutions(self) -> tuple[Convolution, ...]:
        return tuple(operation for operation in self.operations if isinstance(operation, Convolution))


def network(backbone: Backbone) -> Network:
    """The whole network, in an order in which every source comes before its use."""
    if backbone is Backbone.MOBILENET:
        body, levels, channels, width = _mobilenet(), ("body.stage1.5.3", "body.stage2.5.3", "body.stage3.1.3"), 32, 64
    else:
        body, levels, channels, width = _resnet50(), ("body.layer2.3", "body.layer3.5", "body.layer4.2"), 256, 256
    neck = _pyramid(levels, channels, width)
    contexts = [
        operation
        for number, level in enumerate(("fpn.merge1.0", "fpn.merge2.0", "fpn.output3.0"), start=1)
        for operation in _context(f"ssh{number}", level, width)
    ]
    heads = {
        head: tuple(
            Convolution(f"{head}.{level}.conv1x1", f"ssh{level + 1}", width, numbers * ANCHORS, 1) for level in range(3)
        )
        for head, numbers in HEADS.items()
    }
    operations = (*body, *neck, *contexts, *(each for level in zip(*heads.values(), strict=True) for each in level))
    return Network(backbone, operations, {head: tuple(each.name for each in convs) for head, convs in heads.items()})


def parameters(net: Network) -> dict[str, tuple[int, ...]]:
    """Name and shape of every parameter that the network needs, in the order of use."""
    shapes: dict[str, tuple[int, ...]] = {}
    for conv in net.convolutions:
        shapes[f"{conv.name}.weight"] = (conv.outputs, conv.inputs // conv.groups, conv.kernel, conv.kernel)
        if conv.norm is None:
            shapes[f"{conv.name}.bias"] = (conv.outputs,)
        else:
            for part in ("weight", "bias", "running_mean", "running_var"):
                shapes[f"{conv.norm}.{part}"] = (conv.outputs,)
    return shapes


def check_size(height: int, width: int) -> None:
    """Raise InputError where the pyramid's levels would not fit on one another."""
    if height < 32 or width < 32 or height % 32 or width % 32:
        raise InputError(f"size {height}x{width} does not fit RetinaFace: give multiples of 32")


def anchors(height: int, width: int) -> int:
    """Number of anchors: 16,800 at 640x640."""
    return sum(ANCHORS * (height // stride) * (width // stride) for stride in STRIDES)


def _unit(
    name: str, source: str, inputs: int, outputs: int, kernel: int, slope: float | None, stride: int = 1
) -> Convolution:
    """Convolution, batch-norm, LeakyReLU as a ``Sequential`` of three."""
    return Convolution(f"{name}.0", source, inputs, outputs, kernel, stride, norm=f"{name}.1", slope=slope)


def _mobilenet() -> list[Operation]:
    operations: list[Operation] = [_unit("body.stage1.0", INPUT, 3, 8, 3, 0.1, stride=2)]
    width = 8
    for stage, blocks in {
        "stage1": ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1)),
        "stage2": ((128, 2), (128, 1), (128, 1), (128, 1), (128, 1), (128, 1)),
        "stage3": ((256, 2), (256, 1)),
    }.items():
        for number, (outputs, stride) in enumerate(blocks, start=1 if stage == "stage1" else 0):
            name = f"body.{stage}.{number}"
            source = operations[-1].name
            operations += [
                Convolution(f"{name}.0", source, width, width, 3, stride, groups=width, norm=f"{name}.1", slope=0.1),
                Convolution(f"{name}.3", f"{name}.0", width, outputs, 1, norm=f"{name}.4", slope=0.1),
            ]
            width = outputs
    return operations


def _resnet50() -> list[Operation]:
    operations: list[Operation] = [
        Convolution("body.conv1", INPUT, 3, 64, 7, 2, norm="body.bn1", slope=0.0),
        MaxPool("body.maxpool", "body.conv1"),
    ]
    source, inputs = "body.maxpool", 64
    for layer, (blocks, width) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512)), start=1):
        for block in range(blocks):
            name = f"body.layer{layer}.{block}"
            operations += _bottleneck(name, source, inputs, width, stride=2 if layer > 1 and block == 0 else 1)
            source, inputs = name, width * 4
    return operations


def _bottleneck(name: str, source: str, inputs: int, width: int, stride: int) -> list[Operation]:
    outputs = width * 4
    block: list[Operation] = [
        Convolution(f"{name}.conv1", source, inputs, width, 1, norm=f"{name}.bn1", slope=0.0),
        Convolution(f"{name}.conv2", f"{name}.conv1", width, width, 3, stride, norm=f"{name}.bn2", slope=0.0),
        Convolution(f"{name}.conv3", f"{name}.conv2", width, outputs, 1, norm=f"{name}.bn3"),
    ]
    shortcut = source
    if inputs != outputs:
        shortcut = f"{name}.downsample.0"
        block.append(Convolution(shortcut, source, inputs, outputs, 1, stride, norm=f"{name}.downsample.1"))
    return [*block, Add(name, (f"{name}.conv3", shortcut), relu=True)]


def _pyramid(levels: tuple[str, str, str], channels: int, width: int) -> list[Operation]:
    """``channels`` of the backbone before the first level, which doubles with each level."""
    slope = _slope(width)
    return [
        *(
            _unit(f"fpn.output{number}", level, channels << number, width, 1, slope)
            for number, level in enumerate(levels, start=1)
        ),
        Upsample("fpn.up3", "fpn.output3.0"),
        Add("fpn.add2", ("fpn.output2.0", "fpn.up3")),
        _unit("fpn.merge2", "fpn.add2", width, width, 3, slope),
        Upsample("fpn.up2", "fpn.merge2.0"),
        Add("fpn.add1", ("fpn.output1.0", "fpn.up2")),
        _unit("fpn.merge1", "fpn.add1", width, width, 3, slope),
    ]


def _context(name: str, source: str, width: int) -> list[Operation]:
    """SSH: three receptive fields side by side. The mixed case of the names is the checkpoints' own."""
    slope, half, quarter = _slope(width), width // 2, width // 4
    return [
        _unit(f"{name}.conv3X3", source, width, half, 3, None),
        _unit(f"{name}.conv5X5_1", source, width, quarter, 3, slope),
        _unit(f"{name}.conv5X5_2", f"{name}.conv5X5_1.0", quarter, quarter, 3, None),
        _unit(f"{name}.conv7X7_2", f"{name}.conv5X5_1.0", quarter, quarter, 3, slope),
        _unit(f"{name}.conv7x7_3", f"{name}.conv7X7_2.0", quarter, quarter, 3, None),
        Concat(name, (f"{name}.conv3X3.0", f"{name}.conv5X5_2.0", f"{name}.conv7x7_3.0")),
    ]


def _slope(width: int) -> float:
    return 0.1 if width <= 64 else 0.0
