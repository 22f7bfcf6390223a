"""The options of a subject, checked before anything is made of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping

from harness.matrix.cell import Recipe
from harness.subjects.tolerances import wrong as wrong_limit

BACKBONES = ("mobilenet0.25", "resnet50")
_PATH = re.compile(r"[A-Za-z0-9._+/@-]{1,400}", re.ASCII)
_METRIC = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,199}:[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)
_MOST_PLUGINS = 32
_SEED = re.compile(r"seed:[0-9]{1,9}", re.ASCII)


_Check = Callable[[str, object], None]


class OptionError(ValueError):
    """An option is wrong; ``option`` is its name, or the missing one's."""

    def __init__(self, option: str, message: str) -> None:
        super().__init__(message)
        self.option = option
        self.message = message


def check(model: str, options: Mapping[str, object]) -> None:
    """Raise ``OptionError`` where ``options`` do not fit a subject of ``model`` (``retinaface`` or ``onnx``)."""
    checks, needed = _MODELS[model]
    for name, value in options.items():
        if name not in checks:
            near = difflib.get_close_matches(name, checks, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(checks)}"
            raise OptionError(name, f"{model} has no option {name!a}; {hint}")
        checks[name](name, value)
    for name in needed:
        if name not in options:
            raise OptionError(name, f"{model} needs the option {name}")


def _backbone(name: str, value: object) -> None:
    if value not in BACKBONES:
        near = difflib.get_close_matches(str(value), BACKBONES, n=1, cutoff=0.3)
        hint = f"; the nearest is {near[0]}" if near else ""
        raise OptionError(name, f"{_shown(value)} is not one of {', '.join(BACKBONES)}{hint}")


def _size(name: str, value: object) -> None:
    """Height and width in pixels: the largest stride is 32."""
    if type(value) is not int or value % 32 or not 32 <= value <= 4096:
        low = min(max(value // 32 * 32, 32), 4096) if type(value) is int else 640
        raise OptionError(name, f"{_shown(value)} is not a multiple of 32 from 32 to 4096; the nearest is {low}")


def _weights(name: str, value: object) -> None:
    if not (isinstance(value, str) and (_SEED.fullmatch(value) or _is_path(value))):
        raise OptionError(name, f"{_shown(value)} is neither reference, seed:NUMBER nor a plain path")


def _path(name: str, value: object) -> None:
    if not (isinstance(value, str) and _is_path(value)):
        raise OptionError(name, f"{_shown(value)} is not a plain path: letters, digits and . _ + - / @")


def _plugins(name: str, value: object) -> None:
    """``[PATH, ...]``, loaded in that order. Two of one name would be one file in the cell."""
    if not (isinstance(value, list) and 1 <= len(value) <= _MOST_PLUGINS):
        raise OptionError(name, f"{_shown(value)} is no list of 1 to {_MOST_PLUGINS} paths of plugin libraries")
    for each in value:
        _path(name, each)
    names = [each.rpartition("/")[2] for each in value]
    twice = next((each for each in names if names.count(each) > 1), None)
    if twice is not None:
        raise OptionError(name, f"two libraries are named {_shown(twice)}; rename one")


def _inputs(name: str, value: object) -> None:
    if not (isinstance(value, str) and (_SEED.fullmatch(value) or _is_path(value))):
        raise OptionError(name, f"{_shown(value)} is neither seed:NUMBER nor a plain path of an .npz file or a folder")


def _preprocessing(name: str, value: object) -> None:
    """``{channels, layout, resize, scale, mean, std, size}``, each of which may be left out."""
    if not isinstance(value, Mapping):
        raise OptionError(name, f"{_shown(value)} is no mapping; it may have {', '.join(_PREPROCESSING)}")
    for key, given in value.items():
        if key not in _PREPROCESSING:
            raise OptionError(name, f"{_shown(key)} is not known; there are {', '.join(_PREPROCESSING)}")
        if not _PREPROCESSING[key](given):
            raise OptionError(name, f"{key}: {_shown(given)} is not {_WANTED[key]}")


def _shapes(name: str, value: object) -> None:
    """``{input: {min: [..], opt: [..], max: [..]}}``."""
    if not isinstance(value, Mapping) or not value:
        raise OptionError(name, f"{_shown(value)} is no mapping of inputs to min, opt and max")
    for tensor, profile in value.items():
        if not isinstance(profile, Mapping) or set(profile) != {"min", "opt", "max"}:
            raise OptionError(name, f"{_shown(tensor)} needs min, opt and max, a list of sizes each")
        sizes = [profile[word] for word in ("min", "opt", "max")]
        if not all(_is_shape(each) for each in sizes) or len({len(each) for each in sizes}) != 1:
            raise OptionError(name, f"{_shown(tensor)}: min, opt and max must be lists of as many whole numbers from 1")
        if any(not low <= best <= high for low, best, high in zip(*sizes, strict=True)):
            raise OptionError(name, f"{_shown(tensor)}: not min <= opt <= max in every dimension")


def _tolerances(name: str, value: object) -> None:
    """``{recipe: {metric: number}}``."""
    recipes = [recipe.value for recipe in Recipe]
    if not isinstance(value, Mapping) or not value:
        raise OptionError(name, f"{_shown(value)} is no mapping of recipes to limits by metric")
    for recipe, limits in value.items():
        if recipe not in recipes:
            raise OptionError(name, f"{_shown(recipe)} is no recipe; there are {', '.join(recipes)}")
        if not isinstance(limits, Mapping):
            raise OptionError(name, f"{recipe}: {_shown(limits)} is no mapping of metrics to numbers")
        words = next((words for metric, limit in limits.items() if (words := wrong_limit(str(metric), limit))), "")
        if words:
            raise OptionError(name, f"{recipe}: {words}")


def _metric(name: str, value: object) -> None:
    if not (isinstance(value, str) and _METRIC.fullmatch(value)):
        raise OptionError(name, f"{_shown(value)} is not module:function")


def _samples(name: str, value: object) -> None:
    if type(value) is not int or not 1 <= value <= 100_000:
        raise OptionError(name, f"{_shown(value)} is not a whole number from 1 to 100000")


def _is_shape(value: object) -> bool:
    return isinstance(value, list) and all(type(size) is int and 1 <= size < 2**31 for size in value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _per_channel(value: object) -> bool:
    return isinstance(value, list) and len(value) in (1, 3) and all(_is_number(each) for each in value)


_PREPROCESSING: dict[str, Callable[[object], bool]] = {
    "channels": lambda value: value in ("rgb", "bgr", "gray"),
    "layout": lambda value: value in ("nchw", "nhwc"),
    "resize": lambda value: value in ("stretch", "letterbox", "crop"),
    "scale": _is_number,
    "mean": _per_channel,
    "std": lambda value: isinstance(value, list) and _per_channel(value) and 0 not in value,
    "size": lambda value: isinstance(value, list) and _is_shape(value) and len(value) == 2 and max(value) <= 16384,
}
_WANTED = {
    "channels": "rgb, bgr or gray",
    "layout": "nchw or nhwc",
    "resize": "stretch, letterbox or crop",
    "scale": "a number",
    "mean": "a list of one number or three",
    "std": "a list of one number or three, none of them 0",
    "size": "a list of height and width",
}


def _one_of(*allowed: str) -> _Check:
    def check_member(name: str, value: object) -> None:
        if value not in allowed:
            raise OptionError(name, f"{_shown(value)} is not one of {', '.join(allowed)}")

    return check_member


def _is_path(value: str) -> bool:
    return bool(_PATH.fullmatch(value)) and not value.startswith("-") and ".." not in value.split("/")


def _shown(value: object) -> str:
    return f"{value!a}"[:80]


_SHARED: dict[str, _Check] = {
    "tolerances": _tolerances,
    "metric": _metric,
    "samples": _samples,
    "calibrator": _one_of("entropy2", "minmax"),
    "calibration_cache": _path,
}
_MODELS: dict[str, tuple[dict[str, _Check], tuple[str, ...]]] = {
    "retinaface": (
        {
            "backbone": _backbone,
            "size": _size,
            "weights": _weights,
            "heads": _one_of("decoded", "raw"),
            "batch_norm": _one_of("folded", "kept"),
            "wider_face": _path,
            "wider_pictures": _samples,
            **_SHARED,
        },
        ("backbone", "size", "weights"),
    ),
    "onnx": (
        {
            "path": _path,
            "inputs": _inputs,
            "preprocessing": _preprocessing,
            "shapes": _shapes,
            "plugins": _plugins,
            **_SHARED,
        },
        ("path",),
    ),
}
