"""Makes model files, in a process of its own: ``python -m harness.subjects.prepare REQUEST.json``.

The request is that of ``harness.subjects.keys``. Each model gets a folder of its key with ``info.json``, moved into
place whole. For each that cannot be made one line of JSON is printed, with ``key`` and ``error``; the others go on.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.subjects import leftovers, onnx_file, refused
from harness.subjects.keys import FORMAT, Form, find
from harness.subjects.retinaface import make as retinaface
from harness.subjects.spec import Making

_MAKERS: dict[str, Callable[[Making], dict[str, Any]]] = {
    "retinaface": retinaface.make,
    "onnx": onnx_file.make,
    "refused": refused.make,
}


def main(words: list[str]) -> int:
    leftovers.die_with_parent()
    request = json.loads(Path(words[0]).read_bytes())
    if request["format"] != FORMAT:
        print(f"request has format {request['format']}, this release reads {FORMAT}", file=sys.stderr)
        return 4
    for model in request["models"]:
        try:
            _prepare(Path(request["folder"]), model)
        except (HarnessError, OSError) as error:
            print(json.dumps({"key": model["key"], "error": str(error)}), flush=True)
        except Exception as error:
            traceback.print_exc()
            print(json.dumps({"key": model["key"], "error": f"bug in trt-matrix: {error!r}"}), flush=True)
    return 0


def _prepare(folder: Path, model: dict[str, Any]) -> None:
    key = model["key"]
    draft = folder / leftovers.draft_of(key)
    draft.mkdir()
    try:
        started = time.monotonic()
        making = Making(
            draft, model["options"], Form(model["form"]), network=model["network"], variant=model["variant"]
        )
        info = _MAKERS[model["model"]](making)
        info |= _facts(draft, info["files"]) | {
            "format": FORMAT,
            "key": key,
            "form": making.form,
            "variant": making.variant,
            "seconds": round(time.monotonic() - started, 3),
        }
        (draft / "info.json").write_text(json.dumps(info, indent=1))
        _put(draft, folder / key)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _facts(draft: Path, files: dict[str, str]) -> dict[str, Any]:
    return {
        "bytes": {name: (draft / name).stat().st_size for name in files.values()},
        "sha256": {name: hashlib.sha256((draft / name).read_bytes()).hexdigest() for name in files.values()},
    }


def _put(draft: Path, place: Path) -> None:
    """Move into place; another process may have been first, and a damaged one is moved aside."""
    if place.exists() and find(place.parent, place.name) is None:
        place.rename(place.with_name(f".damaged-{place.name}-{os.getpid()}"))
    try:
        draft.rename(place)
    except OSError:
        if find(place.parent, place.name) is None:
            raise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
