#!/usr/bin/env bash
# Fetch TensorRT 8.6.1 and 10.15.1 and run RetinaFace on both, on a host with an NVIDIA GPU of SM 7.5 to 9.0.
# usage: tools/gpu-session.sh DIR [PYTHON]    DIR gets the libraries (2.3 GB) and the run; PYTHON such as 3.11
set -euo pipefail
place=$(realpath -m "${1:?usage: tools/gpu-session.sh DIR [PYTHON]}")
python=${2:-3.11}
trt_matrix=${TRT_MATRIX:-trt-matrix}

for release in 8.6.1 10.15.1; do
  "$trt_matrix" fetch tensorrt "$release" --to "$place/TensorRT-$release" --python "$python"
done

cat > "$place/matrix.yaml" <<YAML
version: 1
grids:
  - flavour: tensorrt
    environment: prefix
    targets: [device]
    timeouts: {case: 1800, cell: 36000}
    include:
      - {version: "8.6.1", cuda: "12.0", python: "$python", source: "prefix:$place/TensorRT-8.6.1"}
      - {version: "10.15.1", cuda: "12.9", python: "$python", source: "prefix:$place/TensorRT-10.15.1"}
subjects:
  - name: retinaface-mnet025-320
    model: retinaface
    options: {backbone: mobilenet0.25, size: 320, weights: reference}
    routes: [onnx, host-decode, plugin]
    recipes: [fp32, fp16-flag, fp16-typed, bf16-typed, int8-calibrated, int8-qdq]
YAML

# One case at a time: builders that share a GPU time each other's kernels.
exec "$trt_matrix" run --matrix "$place/matrix.yaml" --out "$place/out" --jobs 1
