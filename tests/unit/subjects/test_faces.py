import numpy as np

from harness.subjects.faces import network_input, picture


def test_a_seed_gives_the_same_picture() -> None:
    first, again, other = (picture(seed, 96, 128) for seed in (5, 5, 6))
    assert first.image.tobytes() == again.image.tobytes() != other.image.tobytes()
    assert first.image.shape == (96, 128, 3)


def test_the_points_lie_inside_the_box() -> None:
    seen = 0
    for seed in range(30):
        scene = picture(seed, 160, 160)
        for box, points in zip(scene.boxes, scene.points, strict=True):
            assert (points >= box[:2]).all()
            assert (points <= box[2:]).all()
            seen += 1
    assert seen > 20


def test_faces_do_not_cover_one_another() -> None:
    for seed in range(30):
        boxes = picture(seed, 160, 160).boxes
        for number, one in enumerate(boxes):
            for other in boxes[number + 1 :]:
                assert (np.minimum(one[2:], other[2:]) <= np.maximum(one[:2], other[:2])).any()


def test_network_input_is_planar_and_without_the_mean() -> None:
    image = np.zeros((4, 6, 3), np.uint8)
    image[..., 2] = 200
    planes = network_input(image, (104.0, 117.0, 123.0))
    assert planes.shape == (1, 3, 4, 6)
    assert planes[0, :, 0, 0].tolist() == [-104.0, -117.0, 77.0]
