// Decode_TRT, version 2: IPluginV3, for TensorRT from 10 on.
#include <NvInferVersion.h>
#if NV_TENSORRT_MAJOR >= 10

#include <new>

#include "common.h"
#include "kernel.h"

namespace decode {
namespace {

using namespace nvinfer1;

constexpr char const* kVersion = "2";

class PluginV3 final : public IPluginV3, public IPluginV3OneCore, public IPluginV3OneBuild, public IPluginV3OneRuntime {
public:
    explicit PluginV3(Fields const& fields) : mFields(fields), mGeometry(geometry(fields)) {}
    // The list of fields points into the object, so a copy makes its own.
    PluginV3(PluginV3 const& other) : PluginV3(other.mFields) {}

    IPluginCapability* getCapabilityInterface(PluginCapabilityType type) noexcept override {
        switch (type) {
        case PluginCapabilityType::kCORE: return static_cast<IPluginV3OneCore*>(this);
        case PluginCapabilityType::kBUILD: return static_cast<IPluginV3OneBuild*>(this);
        case PluginCapabilityType::kRUNTIME: return static_cast<IPluginV3OneRuntime*>(this);
        }
        return nullptr;
    }
    IPluginV3* clone() noexcept override { return new (std::nothrow) PluginV3(*this); }

    AsciiChar const* getPluginName() const noexcept override { return kName; }
    AsciiChar const* getPluginVersion() const noexcept override { return kVersion; }
    AsciiChar const* getPluginNamespace() const noexcept override { return ""; }

    int32_t getNbOutputs() const noexcept override { return 1; }

    int32_t configurePlugin(
        DynamicPluginTensorDesc const* inputs, int32_t number, DynamicPluginTensorDesc const*, int32_t) noexcept override {
        Dims shapes[kLevels] = {};
        for (int32_t index = 0; index < std::min(number, kLevels); ++index) shapes[index] = inputs[index].max;
        return fits(mGeometry, shapes, number) ? 0 : 1;
    }

    int32_t getOutputDataTypes(DataType* types, int32_t, DataType const*, int32_t) const noexcept override {
        types[0] = DataType::kFLOAT;
        return 0;
    }

    int32_t getOutputShapes(DimsExprs const* inputs, int32_t number, DimsExprs const*, int32_t, DimsExprs* outputs,
        int32_t, IExprBuilder& builder) noexcept override {
        if (number != kLevels || inputs[0].nbDims != 4) {
            complain(std::to_string(number) + " inputs, the first of " + std::to_string(inputs[0].nbDims)
                + " dimensions, where 3 of 4 are expected");
            return 1;
        }
        outputs[0].nbDims = 3;
        outputs[0].d[0] = inputs[0].d[0];
        outputs[0].d[1] = builder.constant(mGeometry.anchors);
        outputs[0].d[2] = builder.constant(kRow);
        return 0;
    }

    bool supportsFormatCombination(
        int32_t position, DynamicPluginTensorDesc const* all, int32_t inputs, int32_t) noexcept override {
        return supports(all[position].desc, all[0].desc, position >= inputs);
    }

    int32_t onShapeChange(
        PluginTensorDesc const* inputs, int32_t number, PluginTensorDesc const*, int32_t) noexcept override {
        Dims shapes[kLevels] = {};
        for (int32_t index = 0; index < std::min(number, kLevels); ++index) shapes[index] = inputs[index].dims;
        return fits(mGeometry, shapes, number) ? 0 : 1;
    }

    int32_t enqueue(PluginTensorDesc const* described, PluginTensorDesc const*, void const* const* inputs,
        void* const* outputs, void*, cudaStream_t stream) noexcept override {
        auto const images = static_cast<int32_t>(described[0].dims.d[0]);
        bool const half = described[0].type == DataType::kHALF;
        auto* rows = static_cast<float*>(outputs[0]);
        return launch(inputs, half, mGeometry, images, rows, stream) == cudaSuccess ? 0 : 1;
    }

    IPluginV3* attachToContext(IPluginResourceContext*) noexcept override { return clone(); }

    PluginFieldCollection const* getFieldsToSerialize() noexcept override {
        mDescribed = described(mFields);
        mCollection.nbFields = static_cast<int32_t>(mDescribed.size());
        mCollection.fields = mDescribed.data();
        return &mCollection;
    }

private:
    Fields mFields;
    Geometry mGeometry;
    std::vector<PluginField> mDescribed;
    PluginFieldCollection mCollection{};
};

class CreatorV3 final : public IPluginCreatorV3One {
public:
    CreatorV3() : mDescribed(described(mDefaults)) {
        mNames.nbFields = static_cast<int32_t>(mDescribed.size());
        mNames.fields = mDescribed.data();
    }

    AsciiChar const* getPluginName() const noexcept override { return kName; }
    AsciiChar const* getPluginVersion() const noexcept override { return kVersion; }
    AsciiChar const* getPluginNamespace() const noexcept override { return ""; }
    PluginFieldCollection const* getFieldNames() noexcept override { return &mNames; }

    IPluginV3* createPlugin(AsciiChar const*, PluginFieldCollection const* given, TensorRTPhase) noexcept override {
        Fields fields;
        return read(given, fields) ? new (std::nothrow) PluginV3(fields) : nullptr;
    }

private:
    Fields mDefaults;
    std::vector<PluginField> mDescribed;
    PluginFieldCollection mNames{};
};

REGISTER_TENSORRT_PLUGIN(CreatorV3);

}  // namespace
}  // namespace decode

#endif
