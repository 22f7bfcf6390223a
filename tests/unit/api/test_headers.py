from __future__ import annotations

from pathlib import Path

import pytest

from harness.api.headers import version_of, walk_headers
from harness.errors import InputError
from harness.versions import Flavour

pytest.importorskip("clang.cindex", reason="the package libclang is not here")

_HEADER = """\
#include <cstdint>
#define NV_TENSORRT_MAJOR 9
#define NV_TENSORRT_MINOR 1
#define NV_TENSORRT_PATCH 0
#define OLD __attribute__((deprecated))
namespace nvinfer1 {
enum class Flag : int32_t { kA = 0, kB OLD = 1 };
class INoCopy {};
class IBase : public INoCopy {
public:
    virtual int32_t getSize() const noexcept = 0;
    //! \\deprecated Deprecated in TensorRT 8.5.
    OLD void setSize(int32_t size) noexcept {}
    int64_t field;
private:
    void hidden();
};
namespace v_1_0 { class IDerived : public IBase { public: IBase* base(Flag flag); }; }
using IDerived = v_1_0::IDerived;
namespace v_2_0 { class IDerived : public v_1_0::IDerived { public: int32_t second(); }; }
using IDerivedV2 = v_2_0::IDerived;
namespace apiv { class VBase {}; }
}
extern "C" void* createIt(int32_t version) noexcept;
"""


def test_reads_classes_functions_enums_and_deprecation(tmp_path: Path) -> None:
    (tmp_path / "NvInfer.h").write_text(_HEADER)
    source, facts = walk_headers(tmp_path, Flavour.TENSORRT, "made here")
    assert (source.version, source.way) == ("9.1.0", "headers")
    assert facts["IBase.getSize"] == ("method", "() -> int32_t [pure virtual]", None)
    assert facts["IBase.setSize"][2] == "8.5"
    assert facts["IBase.field"][0] == "property"
    assert facts["IDerived"] == ("class", "IBase", None)
    assert facts["IDerived.base"][1] == "(Flag) -> IBase *"
    assert facts["IDerivedV2"] == ("class", "IDerived", None)
    assert facts["IDerivedV2.second"][1] == "() -> int32_t"
    assert "IDerived.second" not in facts
    assert facts["Flag.kB"] == ("member", "", "")
    assert facts["createIt"][0] == "function"
    assert not {"IBase.hidden", "apiv.VBase"} & facts.keys()


def test_refuses_a_folder_without_headers(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"name the folder of NvInfer\.h"):
        version_of(tmp_path)


def test_says_that_headers_do_not_compile(tmp_path: Path) -> None:
    (tmp_path / "NvInfer.h").write_text(_HEADER.replace("int64_t field", "nothing field"))
    with pytest.raises(InputError, match="errors while reading the headers"):
        walk_headers(tmp_path, Flavour.TENSORRT, "made here")
