"""Templates: the one module that imports Jinja.

A name that the values do not hold is an error, and what goes into HTML is escaped.
"""

from __future__ import annotations

import hashlib
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import jinja2
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.bccache import Bucket, FileSystemBytecodeCache
from markupsafe import Markup, escape

from harness.neutral import neutral

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent


class _Compiled(FileSystemBytecodeCache):
    """Compiled templates, kept where Python keeps compiled modules and under its rules.

    Jinja looks at the template's text; its own version and the settings made here stand in the files' names.
    """

    def __init__(self) -> None:
        made_by = hashlib.sha256(jinja2.__version__.encode() + Path(__file__).read_bytes()).hexdigest()[:16]
        super().__init__(str(_PACKAGE / "__pycache__"), f"template-{made_by}-%s.cache")

    def dump_bytecode(self, bucket: Bucket) -> None:
        if not sys.dont_write_bytecode:
            with suppress(OSError):  # a folder that is not ours to write costs time, not the page
                super().dump_bytecode(bucket)


def folder(name: str) -> Path:
    """Where templates lie: ``reports/templates`` of a checkout, or the copy of it in an installed package."""
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _CHECKOUT / name


@cache
def environment(templates: Path) -> Environment:
    """Jinja for the templates of one folder. Every text that goes into HTML is neutralised as well as escaped."""
    made = Environment(
        loader=FileSystemLoader(templates),
        autoescape=select_autoescape(["html", "html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_finalize,
        bytecode_cache=_Compiled(),
    )
    made.filters["coded"] = coded
    return made


def coded(text: str) -> Markup:
    """A sentence for HTML, escaped; what stands between backticks as code."""
    parts = neutral(text).split("`")
    if len(parts) % 2 == 0:
        return escape("`".join(parts))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )


def render(templates: Path, name: str, **values: object) -> str:
    """The text of the template ``name`` of a folder, filled with ``values``."""
    return environment(templates).get_template(name).render(values)


def trusted(text: str) -> Markup:
    """Mark text of our own making (a script, a style sheet, JSON already made safe) as not to be escaped."""
    return Markup(text)  # noqa: S704


def _finalize(value: object) -> object:
    return neutral(value) if type(value) is str else value
