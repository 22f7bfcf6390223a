"""Names of weights as TensorRT lists them."""

from __future__ import annotations


def split_names(text: str) -> list[str]:
    """Names with commas between them; a comma inside brackets belongs to a name: ``PWN(PWN(a), b).weight``."""
    names, depth, start = [], 0, 0
    for position, letter in enumerate(text):
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth = max(0, depth - 1)
        elif letter == "," and depth == 0:
            names.append(text[start:position])
            start = position + 1
    names.append(text[start:])
    return [name.strip() for name in names if name.strip()]
