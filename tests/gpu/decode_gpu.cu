// The plugin's kernel behind a function that takes arrays of the host.
#include <vector>

#include "fields.h"
#include "kernel.h"

// Returns CUDA's error; `bytes` is that of one number of the maps, which hold `batch` images.
extern "C" int decode_gpu(
    decode::Fields const* fields, void const* const* maps, int bytes, int batch, float* rows) {
    decode::Geometry const geometry = decode::geometry(*fields);
    size_t const size = sizeof(float) * decode::kRow * static_cast<size_t>(geometry.anchors * batch);
    std::vector<void*> taken;
    cudaError_t error = cudaSuccess;
    auto const take = [&](size_t length) {
        void* place = nullptr;
        if (error == cudaSuccess) error = cudaMalloc(&place, length);
        taken.push_back(place);
        return place;
    };
    void* device[decode::kLevels] = {};
    for (int level = 0; level < decode::kLevels; ++level) {
        decode::Level const& at = geometry.levels[level];
        size_t const length = static_cast<size_t>(at.rows * at.columns * decode::kChannels * batch) * bytes;
        device[level] = take(length);
        if (error == cudaSuccess) error = cudaMemcpy(device[level], maps[level], length, cudaMemcpyHostToDevice);
    }
    void* out = take(size);
    if (error == cudaSuccess) error = cudaMemset(out, 0xFF, size);
    if (error == cudaSuccess) {
        error = decode::launch(device, bytes == 2, geometry, batch, static_cast<float*>(out), nullptr);
    }
    if (error == cudaSuccess) error = cudaMemcpy(rows, out, size, cudaMemcpyDeviceToHost);
    for (void* place : taken) cudaFree(place);
    return error;
}
