"""A folder of pictures as inputs of a model, prepared as the subject's option ``preprocessing`` declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from harness.errors import InputError

ENDINGS = (".bmp", ".jpeg", ".jpg", ".png", ".webp")
MOST = 500  # more would say little that these do not
_MODES = {"rgb": "RGB", "bgr": "RGB", "gray": "L"}


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """``(pixel * scale - mean) / std`` for each channel, pixels 0 to 255.

    ``resize``: ``stretch`` to the model's size, ``letterbox`` (the whole picture, grey 114 around it) or ``crop`` (its
    middle).
    """

    channels: str = "rgb"
    layout: str = "nchw"
    resize: str = "stretch"
    scale: float = 1.0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    size: tuple[int, int] | None = None


def preprocessing(options: Mapping[str, Any]) -> Preprocessing:
    """The declared one, checked before by ``harness.subjects.options``."""
    return msgspec.convert(dict(options), Preprocessing)


def pictures(
    folder: Path, shape: list[int], dtype: np.dtype[Any], asked: Preprocessing
) -> tuple[int, Callable[[], Iterator[NDArray[Any]]]]:
    """How many, and what gives an array for each, one by one, in the order of their names.

    They are of the input's ``shape`` (0 for an open dimension). Raises InputError where there is none, where the shape
    is that of no batch of one picture, and, when it comes to it, where one cannot be read.
    """
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)[:MOST]
    if not files:
        raise InputError(f"{folder}: has no pictures; wanted are {', '.join(ENDINGS)}")
    height, width = asked.size or _size(folder, shape, asked)

    def made() -> Iterator[NDArray[Any]]:
        return (_picture(path, height, width, asked).astype(dtype) for path in files)

    first = next(made()).shape
    if len(shape) != 4 or any(want not in (0, have) for want, have in zip(shape, first, strict=True)):
        raise InputError(f"{folder}: pictures become {first}, the model takes {shape}; change preprocessing")
    return len(files), made


def _size(folder: Path, shape: list[int], asked: Preprocessing) -> tuple[int, int]:
    height, width = (shape[2:4] if asked.layout == "nchw" else shape[1:3]) if len(shape) == 4 else (0, 0)
    if not height or not width:
        raise InputError(f"{folder}: the model's input {shape} has no size of a picture; give preprocessing a size")
    return height, width


def _picture(path: Path, height: int, width: int, asked: Preprocessing) -> NDArray[np.float32]:
    """(1, C, H, W) or (1, H, W, C)."""
    try:
        with Image.open(path) as file:
            image = file.convert(_MODES[asked.channels])
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as a picture: {error}") from error
    pixels = np.asarray(_resized(image, height, width, asked.resize), np.float32)
    pixels = pixels.reshape(height, width, -1)
    if asked.channels == "bgr":
        pixels = pixels[..., ::-1]
    values = (pixels * np.float32(asked.scale) - np.array(asked.mean, np.float32)) / np.array(asked.std, np.float32)
    result: NDArray[np.float32] = np.ascontiguousarray(values.transpose(2, 0, 1) if asked.layout == "nchw" else values)
    return result[None]


def _resized(image: Image.Image, height: int, width: int, way: str) -> Image.Image:
    if way == "stretch":
        return image.resize((width, height), Image.Resampling.BILINEAR)
    ratios = (width / image.width, height / image.height)
    ratio = min(ratios) if way == "letterbox" else max(ratios)
    inner = image.resize(
        (max(1, round(image.width * ratio)), max(1, round(image.height * ratio))), Image.Resampling.BILINEAR
    )
    canvas = Image.new(image.mode, (width, height), 114 if image.mode == "L" else (114, 114, 114))
    canvas.paste(inner, ((width - inner.width) // 2, (height - inner.height) // 2))
    return canvas
