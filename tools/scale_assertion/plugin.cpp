// Edge_TRT: a plugin that copies bytes of its first input, and accepts the types that it is told to. For trials of the INT8
// scale assertion, on TensorRT before 10 (IPluginV2IOExt, version "1") and from 8 on (IPluginV2DynamicExt, version "2").
#include <NvInfer.h>
#include <cuda_runtime_api.h>

#include <cstring>
#include <string>

namespace {

using namespace nvinfer1;

constexpr char const* kName = "Edge_TRT";

struct Settings {
    int32_t accepts = 1;  // at its inputs, bits: FP32 1, INT8 2; whatever is asked, anywhere 4. It gives FP32.
    int32_t fails = 0;    // enqueue answers with an error
};

bool supports(Settings const& settings, PluginTensorDesc const* all, int32_t position, int32_t inputs) {
    if (settings.accepts & 4) return true;
    auto const& asked = all[position];
    if (position >= inputs) return asked.format == TensorFormat::kLINEAR && asked.type == DataType::kFLOAT;
    bool const fp32 = asked.type == DataType::kFLOAT && (settings.accepts & 1);
    bool const int8 = asked.type == DataType::kINT8 && (settings.accepts & 2);
    return asked.format == TensorFormat::kLINEAR && (fp32 || int8);
}

int64_t bytes(Dims const& dims, DataType type) {
    int64_t total = type == DataType::kINT8 ? 1 : 4;
    for (int32_t index = 0; index < dims.nbDims; ++index) total *= dims.d[index];
    return total;
}

int32_t copy(Settings const& settings, int64_t size, void const* const* inputs, void* const* outputs, cudaStream_t on) {
    if (settings.fails) return 1;
    return cudaMemcpyAsync(outputs[0], inputs[0], size, cudaMemcpyDeviceToDevice, on) == cudaSuccess ? 0 : 1;
}

// What both interfaces answer alike.
#define COMMON(VERSION)                                                                             \
    AsciiChar const* getPluginType() const noexcept override { return kName; }                      \
    AsciiChar const* getPluginVersion() const noexcept override { return VERSION; }                 \
    int32_t getNbOutputs() const noexcept override { return 1; }                                    \
    int32_t initialize() noexcept override { return 0; }                                            \
    void terminate() noexcept override {}                                                           \
    void destroy() noexcept override { delete this; }                                               \
    void setPluginNamespace(AsciiChar const*) noexcept override {}                                  \
    AsciiChar const* getPluginNamespace() const noexcept override { return ""; }                    \
    DataType getOutputDataType(int32_t, DataType const*, int32_t) const noexcept override {         \
        return DataType::kFLOAT;                                                                    \
    }                                                                                               \
    size_t getSerializationSize() const noexcept override { return sizeof(*this); }                 \
    void serialize(void* to) const noexcept override { std::memset(to, 0, sizeof(*this)); }

class Static final : public IPluginV2IOExt {
public:
    explicit Static(Settings const& settings) : mSettings(settings) {}
    COMMON("1")
    size_t getWorkspaceSize(int32_t) const noexcept override { return 0; }
    bool isOutputBroadcastAcrossBatch(int32_t, bool const*, int32_t) const noexcept override { return false; }
    bool canBroadcastInputAcrossBatch(int32_t) const noexcept override { return false; }
    Dims getOutputDimensions(int32_t, Dims const* inputs, int32_t) noexcept override { return inputs[0]; }
    bool supportsFormatCombination(
        int32_t at, PluginTensorDesc const* all, int32_t inputs, int32_t) const noexcept override {
        return supports(mSettings, all, at, inputs);
    }
    void configurePlugin(PluginTensorDesc const* in, int32_t, PluginTensorDesc const*, int32_t) noexcept override {
        mBytes = bytes(in[0].dims, in[0].type);
    }
    int32_t enqueue(int32_t batch, void const* const* in, void* const* out, void*, cudaStream_t on) noexcept override {
        return copy(mSettings, mBytes * (batch > 0 ? batch : 1), in, out, on);
    }
    IPluginV2Ext* clone() const noexcept override { return new Static(*this); }

private:
    Settings mSettings;
    int64_t mBytes = 0;
};

class Dynamic final : public IPluginV2DynamicExt {
public:
    explicit Dynamic(Settings const& settings) : mSettings(settings) {}
    COMMON("2")
    size_t getWorkspaceSize(
        PluginTensorDesc const*, int32_t, PluginTensorDesc const*, int32_t) const noexcept override {
        return 0;
    }
    DimsExprs getOutputDimensions(int32_t, DimsExprs const* inputs, int32_t, IExprBuilder&) noexcept override {
        return inputs[0];
    }
    bool supportsFormatCombination(int32_t at, PluginTensorDesc const* all, int32_t inputs, int32_t) noexcept override {
        return supports(mSettings, all, at, inputs);
    }
    void configurePlugin(
        DynamicPluginTensorDesc const*, int32_t, DynamicPluginTensorDesc const*, int32_t) noexcept override {}
    int32_t enqueue(PluginTensorDesc const* desc, PluginTensorDesc const*, void const* const* in, void* const* out,
        void*, cudaStream_t on) noexcept override {
        return copy(mSettings, bytes(desc[0].dims, desc[0].type), in, out, on);
    }
    IPluginV2DynamicExt* clone() const noexcept override { return new Dynamic(*this); }

private:
    Settings mSettings;
};

template <class Plugin>
class Creator final : public IPluginCreator {
public:
    explicit Creator(char const* version) : mVersion(version) {}
    AsciiChar const* getPluginName() const noexcept override { return kName; }
    AsciiChar const* getPluginVersion() const noexcept override { return mVersion; }
    PluginFieldCollection const* getFieldNames() noexcept override { return &mNone; }
    void setPluginNamespace(AsciiChar const*) noexcept override {}
    AsciiChar const* getPluginNamespace() const noexcept override { return ""; }
    IPluginV2* createPlugin(AsciiChar const*, PluginFieldCollection const* given) noexcept override {
        Settings settings;
        for (int32_t index = 0; index < given->nbFields; ++index) {
            auto const& field = given->fields[index];
            int32_t const value = *static_cast<int32_t const*>(field.data);
            if (std::string("accepts") == field.name) settings.accepts = value;
            if (std::string("fails") == field.name) settings.fails = value;
        }
        return new Plugin(settings);
    }
    // The trials build and do not run.
    IPluginV2* deserializePlugin(AsciiChar const*, void const*, size_t) noexcept override { return nullptr; }

private:
    char const* mVersion;
    PluginFieldCollection mNone{};
};

struct Registered {
    Registered() {
        static Creator<Static> one("1");
        static Creator<Dynamic> two("2");
        getPluginRegistry()->registerCreator(one, "");
        getPluginRegistry()->registerCreator(two, "");
    }
} const kRegistered;

}  // namespace
