#include <cuda_fp16.h>

#include "kernel.h"

namespace decode {
namespace {

constexpr int kThreads = 256;

template <typename Number>
struct Maps {
    Number const* levels[kLevels];
};

template <typename Number>
__global__ void decode_all(Maps<Number> maps, Geometry geometry, float* rows) {
    int const number = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
    int const image = static_cast<int>(blockIdx.y);
    if (number >= geometry.anchors) return;
    int64_t const place = static_cast<int64_t>(image) * geometry.anchors + number;
    decode_row(maps.levels, geometry, image, number, rows + place * kRow);
}

template <typename Number>
cudaError_t launch_as(void const* const* maps, Geometry const& geometry, int batch, float* rows, cudaStream_t stream) {
    Maps<Number> typed{};
    for (int level = 0; level < kLevels; ++level) typed.levels[level] = static_cast<Number const*>(maps[level]);
    dim3 const blocks((geometry.anchors + kThreads - 1) / kThreads, batch);
    decode_all<Number><<<blocks, kThreads, 0, stream>>>(typed, geometry, rows);
    return cudaPeekAtLastError();
}

}  // namespace

cudaError_t launch(
    void const* const* maps, bool half, Geometry const& geometry, int batch, float* rows, cudaStream_t stream) {
    if (batch < 1 || batch > 65535) return cudaErrorInvalidValue;  // a grid's limit
    return half ? launch_as<__half>(maps, geometry, batch, rows, stream)
                : launch_as<float>(maps, geometry, batch, rows, stream);
}

}  // namespace decode
