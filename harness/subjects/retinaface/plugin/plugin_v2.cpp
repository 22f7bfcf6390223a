// Decode_TRT, version 1: IPluginV2IOExt, for every TensorRT from 7 on, implicit and explicit batch.
#include <memory>
#include <new>

#include "common.h"
#include "kernel.h"

namespace decode {
namespace {

using namespace nvinfer1;

constexpr char const* kVersion = "1";

class PluginV2 final : public IPluginV2IOExt {
public:
    explicit PluginV2(Fields const& fields) : mFields(fields), mGeometry(geometry(fields)) {}

    AsciiChar const* getPluginType() const noexcept override { return kName; }
    AsciiChar const* getPluginVersion() const noexcept override { return kVersion; }
    int32_t getNbOutputs() const noexcept override { return 1; }
    int32_t initialize() noexcept override { return 0; }
    void terminate() noexcept override {}
    size_t getWorkspaceSize(int32_t) const noexcept override { return 0; }
    void destroy() noexcept override { delete this; }
    void setPluginNamespace(AsciiChar const* name) noexcept override { mNamespace = name ? name : ""; }
    AsciiChar const* getPluginNamespace() const noexcept override { return mNamespace.c_str(); }
    DataType getOutputDataType(int32_t, DataType const*, int32_t) const noexcept override { return DataType::kFLOAT; }
#if NV_TENSORRT_MAJOR < 11
    bool isOutputBroadcastAcrossBatch(int32_t, bool const*, int32_t) const noexcept override { return false; }
    bool canBroadcastInputAcrossBatch(int32_t) const noexcept override { return false; }
#endif

    // (anchors, kRow), behind a batch dimension where the maps have one. Maps that do not fit give no dimensions.
    Dims getOutputDimensions(int32_t, Dims const* inputs, int32_t number) noexcept override {
        Dims result{};
        result.nbDims = -1;
        if (!fits(mGeometry, inputs, number)) return result;
        bool const batched = inputs[0].nbDims == 4;
        result.nbDims = batched ? 3 : 2;
        if (batched) result.d[0] = inputs[0].d[0];
        result.d[result.nbDims - 2] = mGeometry.anchors;
        result.d[result.nbDims - 1] = kRow;
        return result;
    }

    bool supportsFormatCombination(
        int32_t position, PluginTensorDesc const* all, int32_t inputs, int32_t) const noexcept override {
        return supports(all[position], all[0], position >= inputs);
    }

    void configurePlugin(
        PluginTensorDesc const* inputs, int32_t number, PluginTensorDesc const*, int32_t) noexcept override {
        Dims shapes[kLevels] = {};
        for (int32_t index = 0; index < std::min(number, kLevels); ++index) shapes[index] = inputs[index].dims;
        mUsable = fits(mGeometry, shapes, number);
        if (!mUsable) return;
        mHalf = inputs[0].type == DataType::kHALF;
        mImages = inputs[0].dims.nbDims == 4 ? static_cast<int32_t>(inputs[0].dims.d[0]) : 1;
    }

    int32_t enqueue(int32_t batch, void const* const* inputs, void* const* outputs, void*,
        cudaStream_t stream) noexcept override {
        if (!mUsable) return 1;
        auto* rows = static_cast<float*>(outputs[0]);
        return launch(inputs, mHalf, mGeometry, std::max(batch, 1) * mImages, rows, stream) == cudaSuccess ? 0 : 1;
    }

    size_t getSerializationSize() const noexcept override { return sizeof(State); }

    void serialize(void* buffer) const noexcept override {
        State const state{mFields, mHalf ? 1 : 0, mUsable ? mImages : 0};
        std::memcpy(buffer, &state, sizeof(state));
    }

    IPluginV2Ext* clone() const noexcept override { return new (std::nothrow) PluginV2(*this); }

    // Null, with the reason told, where the bytes are not those of `serialize`.
    static PluginV2* restore(void const* data, size_t length) noexcept {
        State state{};
        if (data == nullptr || length != sizeof(state)) {
            complain("serialised plugin has " + std::to_string(length) + " bytes, not " + std::to_string(sizeof(state)));
            return nullptr;
        }
        std::memcpy(&state, data, sizeof(state));
        std::string const wrong = problem(state.fields);
        if (!wrong.empty()) {
            complain("serialised plugin: " + wrong);
            return nullptr;
        }
        auto* made = new (std::nothrow) PluginV2(state.fields);
        if (made == nullptr) return nullptr;
        made->mHalf = state.half != 0;
        made->mImages = state.images;
        made->mUsable = state.images > 0;
        return made;
    }

private:
    struct State {
        Fields fields;
        int32_t half;
        int32_t images;  // 0: was never configured
    };

    Fields mFields;
    Geometry mGeometry;
    bool mHalf = false;
    bool mUsable = false;
    int32_t mImages = 1;
    std::string mNamespace;
};

class CreatorV2 final : public IPluginCreator {
public:
    CreatorV2() : mDescribed(described(mDefaults)) {
        mNames.nbFields = static_cast<int32_t>(mDescribed.size());
        mNames.fields = mDescribed.data();
    }

    AsciiChar const* getPluginName() const noexcept override { return kName; }
    AsciiChar const* getPluginVersion() const noexcept override { return kVersion; }
    PluginFieldCollection const* getFieldNames() noexcept override { return &mNames; }
    void setPluginNamespace(AsciiChar const* name) noexcept override { mNamespace = name ? name : ""; }
    AsciiChar const* getPluginNamespace() const noexcept override { return mNamespace.c_str(); }

    IPluginV2* createPlugin(AsciiChar const*, PluginFieldCollection const* given) noexcept override {
        Fields fields;
        return read(given, fields) ? new (std::nothrow) PluginV2(fields) : nullptr;
    }

    IPluginV2* deserializePlugin(AsciiChar const*, void const* data, size_t length) noexcept override {
        return PluginV2::restore(data, length);
    }

private:
    Fields mDefaults;
    std::vector<PluginField> mDescribed;
    PluginFieldCollection mNames{};
    std::string mNamespace;
};

REGISTER_TENSORRT_PLUGIN(CreatorV2);

}  // namespace
}  // namespace decode
