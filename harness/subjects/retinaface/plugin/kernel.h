#pragma once

#include <cuda_runtime_api.h>

#include "decode.h"

namespace decode {

// Decode `batch` images into (batch, anchors, kRow) FP32. `half`: the maps are FP16, else FP32.
cudaError_t launch(void const* const* maps, bool half, Geometry const& geometry, int batch, float* rows,
    cudaStream_t stream);

}  // namespace decode
