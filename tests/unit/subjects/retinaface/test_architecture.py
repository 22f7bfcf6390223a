import math

import pytest

from harness.errors import InputError
from harness.subjects.retinaface.architecture import Backbone, anchors, check_size, network, parameters


@pytest.mark.parametrize(
    ("backbone", "name", "shape"),
    [
        (Backbone.MOBILENET, "body.stage1.0.0.weight", (8, 3, 3, 3)),
        (Backbone.MOBILENET, "body.stage1.1.0.weight", (8, 1, 3, 3)),
        (Backbone.MOBILENET, "body.stage2.0.3.weight", (128, 64, 1, 1)),
        (Backbone.MOBILENET, "body.stage3.1.4.running_var", (256,)),
        (Backbone.MOBILENET, "fpn.output1.0.weight", (64, 64, 1, 1)),
        (Backbone.MOBILENET, "ssh1.conv3X3.0.weight", (32, 64, 3, 3)),
        (Backbone.MOBILENET, "ssh3.conv7x7_3.1.bias", (16,)),
        (Backbone.MOBILENET, "ClassHead.0.conv1x1.weight", (4, 64, 1, 1)),
        (Backbone.RESNET50, "body.conv1.weight", (64, 3, 7, 7)),
        (Backbone.RESNET50, "body.layer1.0.downsample.1.running_mean", (256,)),
        (Backbone.RESNET50, "body.layer4.2.conv3.weight", (2048, 512, 1, 1)),
        (Backbone.RESNET50, "fpn.merge2.0.weight", (256, 256, 3, 3)),
        (Backbone.RESNET50, "LandmarkHead.2.conv1x1.bias", (20,)),
    ],
)
def test_parameters_are_those_of_the_state_dict(backbone: Backbone, name: str, shape: tuple[int, ...]) -> None:
    assert parameters(network(backbone))[name] == shape


# Counted on the state dicts of Pytorch_Retinaface, without num_batches_tracked.
@pytest.mark.parametrize(
    ("backbone", "tensors", "elements"), [(Backbone.MOBILENET, 253, 433_296), (Backbone.RESNET50, 383, 27_351_584)]
)
def test_number_of_parameters(backbone: Backbone, tensors: int, elements: int) -> None:
    shapes = parameters(network(backbone))
    assert (len(shapes), sum(math.prod(shape) for shape in shapes.values())) == (tensors, elements)


@pytest.mark.parametrize("backbone", Backbone)
def test_every_source_is_written_before_it_is_read(backbone: Backbone) -> None:
    known = {"input"}
    for operation in network(backbone).operations:
        sources = getattr(operation, "sources", None) or (operation.source,)  # type: ignore[union-attr]
        assert known.issuperset(sources), operation
        assert operation.name not in known
        known.add(operation.name)


def test_anchors_of_the_usual_size() -> None:
    assert anchors(640, 640) == 16_800


@pytest.mark.parametrize("size", [0, 31, 100])
def test_sizes_that_the_pyramid_cannot_hold(size: int) -> None:
    with pytest.raises(InputError, match="multiples of 32"):
        check_size(size, 320)
