"""A library in the place of NVIDIA's plugins, where those are absent or cannot be loaded.

TensorRT's ONNX parser and Python bindings are linked against ``libnvinfer_plugin``, though a network that uses none
of NVIDIA's plugins needs nothing of it. It says itself that it is a stand-in: the attestation repeats that.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from harness import process
from harness.errors import EnvironmentUnavailable

# The entry points that the parsers and the bindings of TensorRT 8 and 10 ask for.
SOURCE = """\
#include <stdbool.h>
const char trt_matrix_stand_in[] = %s;
bool initLibNvInferPlugins(void *logger, const char *space) { return true; }
bool reshape_weights(const void *, const int *, const int *, void *, int)
    __asm__("_ZN8nvinfer15utils14reshapeWeightsERKNS_7WeightsEPKiS5_Pvi");
bool reshape_weights(const void *in, const int *s, const int *order, void *out, int n) { return false; }
"""


def make(folder: Path, soname: str, reason: str) -> Path:
    """Compile it as ``folder/soname``; ``reason`` tells why NVIDIA's own is not used.

    Raises ``EnvironmentUnavailable`` where no C compiler is there or it fails.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise EnvironmentUnavailable(f"{soname}: {reason}, and no C compiler is here to make a stand-in; install gcc")
    folder.mkdir(parents=True, exist_ok=True)
    source, library = folder / "stand_in.c", folder / soname
    source.write_text(SOURCE % json.dumps(reason), encoding="ascii")
    words = [compiler, "-shared", "-fPIC", "-O1", f"-Wl,-soname,{soname}", "-o", str(library), str(source)]
    done = process.run(words, check=False)
    if done.status != 0:
        raise EnvironmentUnavailable(f"{soname}: no stand-in could be compiled: {done.stderr.strip()[:300]}")
    return library
