"""Faces that the project draws itself: calibration data, training data, a test set. NumPy only, seeded.

Drawn faces are no substitute for photographs; they give the detector something to find and the truth about it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.floating]
_LIGHTS = (0.45, 1.25)

# Where the seeds of pictures begin, so that no picture serves two purposes.
TEST_SEED = 1_000_000
CALIBRATION_SEED = 2_000_000
TRAINING_SEED = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Picture:
    """``image`` (H, W, 3) BGR, 0 to 255; ``boxes`` (F, 4) x1, y1, x2, y2 and ``points`` (F, 5, 2) x, y, in pixels.

    The points are the eyes (left in the picture first), the nose, the corners of the mouth.
    """

    image: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    points: NDArray[np.float32]


def picture(seed: int, height: int, width: int) -> Picture:
    """A scene with none to about ten faces of 16 pixels up to two thirds of the picture."""
    random = np.random.default_rng([0xFACE, seed])
    image = _background(random, height, width)
    boxes: list[NDArray[np.float64]] = []
    points: list[NDArray[np.float64]] = []
    for _ in range(int(random.integers(0, 19))):
        face = _Face.random(random, height, width)
        box = face.box()
        if _inside(box, height, width) and all(_apart(box, other) for other in boxes):
            face.draw(image, random)
            boxes.append(box)
            points.append(face.points())
    image *= _light(random, height, width)
    image = _blurred(image, int(random.integers(0, 3)) if random.random() < 0.4 else 0)
    image += np.float32(random.uniform(0.0, 8.0)) * random.standard_normal((height, width, 1), np.float32)
    return Picture(
        np.clip(image, 0, 255).astype(np.uint8),
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(points, np.float32).reshape(-1, 5, 2),
    )


def network_input(image: NDArray[np.uint8], mean: tuple[float, float, float]) -> NDArray[np.float32]:
    """(H, W, 3) BGR to (1, 3, H, W) minus the mean."""
    return np.ascontiguousarray((image.astype(np.float32) - np.array(mean, np.float32)).transpose(2, 0, 1)[None])


@dataclass(frozen=True, slots=True)
class _Face:
    """In pixels and radians. ``yaw`` and ``pitch`` move the features over the head: -1 to 1."""

    x: float
    y: float
    radius: float
    aspect: float
    roll: float
    yaw: float
    pitch: float

    @classmethod
    def random(cls, random: np.random.Generator, height: int, width: int) -> _Face:
        largest = min(height, width) / 3
        radius = float(np.exp(random.uniform(np.log(8.0), np.log(largest))))
        return cls(
            x=random.uniform(0, width),
            y=random.uniform(0, height),
            radius=radius,
            aspect=random.uniform(1.15, 1.45),
            roll=random.normal(0.0, 0.3),
            yaw=random.uniform(-0.8, 0.8),
            pitch=random.uniform(-0.5, 0.5),
        )

    def box(self) -> NDArray[np.float64]:
        """Around the head's ellipse, as it is turned."""
        a, b = self.radius, self.radius * self.aspect
        sine, cosine = np.sin(self.roll), np.cos(self.roll)
        half = np.array([np.hypot(a * cosine, b * sine), np.hypot(a * sine, b * cosine)])
        centre = np.array([self.x, self.y])
        return np.concatenate((centre - half, centre + half))

    def points(self) -> NDArray[np.float64]:
        return np.array([self.place(*feature) for feature in self.features()])

    def features(self) -> list[tuple[float, float]]:
        """Five points in units of the head: x by its half width, y by its half height."""
        mouth = 0.5
        return [(-0.4, -0.15), (0.4, -0.15), (0.0, 0.2), (-0.28, mouth), (0.28, mouth)]

    def place(self, u: float, v: float) -> tuple[float, float]:
        """From units of the head to pixels: turned over the sphere, then rolled."""
        across = u * np.sqrt(1 - 0.4 * self.yaw**2) + 0.35 * self.yaw * (1 - 0.5 * u * u)
        down = v * np.sqrt(1 - 0.3 * self.pitch**2) + 0.25 * self.pitch * (1 - 0.5 * v * v)
        x, y = across * self.radius, down * self.radius * self.aspect
        sine, cosine = np.sin(self.roll), np.cos(self.roll)
        return self.x + x * cosine - y * sine, self.y + x * sine + y * cosine

    def draw(self, image: Image, random: np.random.Generator) -> None:
        skin = np.array([0.62, 0.75, 1.0]) * random.uniform(60, 250) * random.uniform(0.9, 1.1, 3)
        dark = skin * random.uniform(0.15, 0.5)
        if random.random() < 0.85:
            hair = random.uniform(0, 1) * np.array([60, 120, 170]) * random.uniform(0.2, 1)
            _ellipse(image, self.place(0, -0.25), (1.15, 1.1 * self.aspect), self, hair)
        _ellipse(image, (self.x, self.y), (1.0, self.aspect), self, skin, shade=random.uniform(-0.5, 0.5))
        left, right, nose, _, _ = self.features()
        for u, v in (left, right):
            _ellipse(image, self.place(u, v - 0.2), (0.26, 0.06), self, dark)
            _ellipse(image, self.place(u, v), (0.2, random.uniform(0.08, 0.14)), self, np.full(3, 235.0))
            _ellipse(image, self.place(u, v), (0.09, 0.1), self, np.array([30.0, 25, 20]))
        _ellipse(image, self.place(0, 0.05), (0.07, 0.3), self, skin * random.uniform(1.05, 1.25))
        _ellipse(image, self.place(nose[0], nose[1] + 0.03), (0.17, 0.08), self, skin * 0.7)
        lips = np.minimum(skin * random.uniform(0.4, 0.9), 200) * np.array([0.7, 0.6, 1.2])
        _ellipse(image, self.place(0, 0.5), (0.32, random.uniform(0.06, 0.18)), self, lips)
        self._extras(image, random, dark)

    def _extras(self, image: Image, random: np.random.Generator, dark: NDArray[np.float64]) -> None:
        """Glasses, or something in front of a part of the face."""
        if random.random() < 0.2:
            for u, v in self.features()[:2]:
                _ellipse(image, self.place(u, v), (0.3, 0.24), self, dark * 0.4, opacity=random.uniform(0.3, 0.9))
        if random.random() < 0.25:
            u, v = random.choice([-1.0, 1.0]) * random.uniform(0.5, 0.9), random.uniform(-0.6, 1.0)
            axes = (random.uniform(0.25, 0.5), random.uniform(0.25, 0.7))
            _ellipse(image, self.place(u, v), axes, self, random.uniform(0, 255, 3))


def _ellipse(
    image: Image,
    centre: tuple[float, float],
    axes: tuple[float, float],
    face: _Face,
    colour: NDArray[np.float64],
    *,
    opacity: float = 1.0,
    shade: float = 0.0,
) -> None:
    """Blend an ellipse with a soft edge of a pixel; ``axes`` are in units of the head's half width."""
    a, b = max(axes[0] * face.radius, 0.4), max(axes[1] * face.radius, 0.4)
    reach = max(a, b) + 2
    top, left = max(int(centre[1] - reach), 0), max(int(centre[0] - reach), 0)
    patch = image[top : max(int(centre[1] + reach) + 1, 0), left : max(int(centre[0] + reach) + 1, 0)]
    if patch.size == 0:
        return
    y = np.arange(top, top + patch.shape[0], dtype=np.float32)[:, None] + np.float32(0.5 - centre[1])
    x = np.arange(left, left + patch.shape[1], dtype=np.float32)[None, :] + np.float32(0.5 - centre[0])
    sine, cosine = np.float32(np.sin(face.roll)), np.float32(np.cos(face.roll))
    u, v = (x * cosine + y * sine) / np.float32(a), (y * cosine - x * sine) / np.float32(b)
    distance = (np.float32(1) - np.sqrt(u * u + v * v)) * np.float32(min(a, b))
    cover = np.clip(distance + np.float32(0.5), 0, opacity)[..., None]
    paint = _float(colour) * (1 + np.float32(shade) * u - np.float32(0.1) * v)[..., None]
    patch += cover * (paint - patch)


def _background(random: np.random.Generator, height: int, width: int) -> Image:
    """A gradient, then rectangles and ellipses, some of them of the colour of skin but no face."""
    corners = _float(random.uniform(0, 255, (2, 2, 3)))
    down, across = _float(np.linspace(0, 1, height))[:, None, None], _float(np.linspace(0, 1, width))[None, :, None]
    upper = corners[0, 0] * (1 - across) + corners[0, 1] * across
    lower = corners[1, 0] * (1 - across) + corners[1, 1] * across
    image: Image = upper * (1 - down) + lower * down
    for _ in range(int(random.integers(4, 25))):
        top, left = int(random.integers(0, height)), int(random.integers(0, width))
        bottom, right = top + int(random.integers(2, height // 2)), left + int(random.integers(2, width // 3))
        patch = image[top:bottom, left:right]
        patch += np.float32(random.uniform(0.2, 1)) * (_float(random.uniform(0, 255, 3)) - patch)
    for _ in range(int(random.integers(0, 8))):
        face = _Face.random(random, height, width)
        colour = np.array([0.62, 0.75, 1.0]) * random.uniform(60, 250)
        _ellipse(
            image, (face.x, face.y), (1.0, random.uniform(0.4, 1.5)), face, colour, shade=random.uniform(-0.5, 0.5)
        )
        for _ in range(int(random.integers(0, 3))):
            place = face.place(random.uniform(-0.6, 0.6), random.uniform(-0.6, 0.6))
            _ellipse(image, place, (random.uniform(0.05, 0.4), random.uniform(0.05, 0.4)), face, colour * 0.4)
    return image


def _light(random: np.random.Generator, height: int, width: int) -> Image:
    """Light from one side, warm or cold."""
    low, high = sorted(random.uniform(*_LIGHTS, 2))
    angle = random.uniform(0, 2 * np.pi)
    down, across = np.linspace(-0.5, 0.5, height)[:, None], np.linspace(-0.5, 0.5, width)[None, :]
    ramp = 0.5 + (down * np.sin(angle) + across * np.cos(angle)) / np.sqrt(2)
    light: Image = (low + (high - low) * ramp).astype(np.float32)[..., None] * _float(random.uniform(0.9, 1.1, 3))
    return light


def _blurred(image: Image, times: int) -> Image:
    """The 1-2-1 filter in both directions."""
    for _ in range(times):
        for axis in (0, 1):
            image = (np.roll(image, 1, axis) + 2 * image + np.roll(image, -1, axis)) / np.float32(4)
    return image


def _float(numbers: NDArray[np.floating]) -> Image:
    return numbers.astype(np.float32)


def _inside(box: NDArray[np.float64], height: int, width: int) -> bool:
    """At least most of the head is in the picture."""
    low, high = np.maximum(box[:2], 0), np.minimum(box[2:], (width, height))
    seen = np.prod(np.maximum(high - low, 0)) / np.prod(box[2:] - box[:2])
    return bool(seen > 0.9)


def _apart(box: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    overlap = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
    return bool((overlap <= 0).any())
