"""Libraries that merely define the functions that the bindings name, so that they import without TensorRT.

Nothing of NVIDIA's is in them: every function returns a null pointer. They are compiled on the spot.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from harness import process
from harness.errors import EnvironmentUnavailable

# The C functions, and the C++ ones of the parsers of TensorRT 8 under their mangled names.
_FUNCTIONS = (
    "createInferBuilder_INTERNAL",
    "createInferRefitter_INTERNAL",
    "createInferRuntime_INTERNAL",
    "createNvOnnxParser_INTERNAL",
    "createNvOnnxParserRefitter_INTERNAL",
    "getBuilderPluginRegistry",
    "getPluginRegistry",
    "getNvOnnxParserVersion",
    "initLibNvInferPlugins",
    "_ZN11nvuffparser15createUffParserEv",
    "_ZN11nvuffparser8FieldMapC1EPKcPKvNS_9FieldTypeEi",
    "_ZN14nvcaffeparser117createCaffeParserEv",
    "_ZN14nvcaffeparser123shutdownProtobufLibraryEv",
)
# In loading order: the later ones may need the first.
_STEMS = (
    "libnvinfer",
    "libnvinfer_plugin",
    "libnvparsers",
    "libnvonnxparser",
    "libtensorrt_rtx",
    "libtensorrt_onnxparser_rtx",
)
_NEEDED = re.compile(rb"\0((?:" + "|".join(_STEMS).encode() + rb")\.so\.\d+)(?=\0)")
_COMPILERS = ("cc", "gcc", "clang")


def needed(bindings: Path) -> list[str]:
    """The SONAMEs of TensorRT's libraries that a bindings module asks for, in loading order."""
    found = {name.decode() for name in _NEEDED.findall(bindings.read_bytes())}
    return sorted(found, key=lambda name: _STEMS.index(name.partition(".")[0]))


def compile_standins(sonames: list[str], folder: Path) -> list[Path]:
    """Compile one stand-in for each SONAME. Raises EnvironmentUnavailable where there is no C compiler."""
    compiler = next((found for name in _COMPILERS if (found := shutil.which(name))), None)
    if compiler is None:
        raise EnvironmentUnavailable(
            f"stand-in libraries: no C compiler here ({', '.join(_COMPILERS)}); install one, such as gcc"
        )
    source = folder / "standin.c"
    source.write_text("".join(f"void *{name}(void) {{ return 0; }}\n" for name in _FUNCTIONS), encoding="ascii")
    libraries = [folder / soname for soname in sonames]
    for library in libraries:
        process.run([compiler, "-shared", "-fPIC", "-o", library, f"-Wl,-soname,{library.name}", source])
    return libraries
