"""Numbers as people read them."""

from __future__ import annotations


def with_unit(metric: str) -> tuple[str, str]:
    """A metric's name in words and its unit: ``latency_ms`` is ``latency`` in `` ms``."""
    name, _, unit = metric.rpartition("_")
    known = {"ms": " ms", "mhz": " MHz"}
    return (name.replace("_", " "), known[unit]) if name and unit in known else (metric.replace("_", " "), "")


def binary_size(size: int | None) -> str:
    """``2.3 MiB``; empty where it is not known."""
    if size is None:
        return ""
    value = float(size)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"


def seconds(duration: float | None) -> str:
    """``0.41 s``, ``3 min 41 s``; empty where it is not known."""
    if duration is None:
        return ""
    if duration < 60:
        return f"{duration:.2f} s" if duration < 10 else f"{duration:.0f} s"
    minutes, rest = divmod(round(duration), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def short_hash(digest: str) -> str:
    """The first 12 digits: enough to tell files apart at a glance."""
    return digest[:12]
