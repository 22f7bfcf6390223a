#!/usr/bin/env bash
# TensorRT 8.6.1 and 10.15.1 on an NVIDIA GPU of SM 7.5 to 9.0: RetinaFace by every route and recipe, executed; the ways
# round the INT8 plugin case; trials of the scale assertion; engines and caches carried from one release to the other.
#
# usage: tools/gpu-session.sh DIR [PYTHON]    DIR gets libraries (2.3 GB), headers and runs; PYTHON such as 3.11
# LEVEL: the builder's optimisation level, 0 to 5 (3). JOBS: cases at the same time (1). STEPS: which of the steps below.
# Two GPUs: CUDA_VISIBLE_DEVICES chooses one for the process; give each release's step its own.
set -euo pipefail
place=$(realpath -m "${1:?usage: tools/gpu-session.sh DIR [PYTHON]}")
python=${2:-3.11}
here=$(dirname "$(realpath "$0")")
trt_matrix=${TRT_MATRIX:-trt-matrix}
level=${LEVEL:-3}
jobs=${JOBS:-1}
steps=${STEPS:-fetch old new remedies carried trials}
old=$place/TensorRT-8.6.1
new=$place/TensorRT-10.15.1
mkdir -p "$place"

wanted() { case " $steps " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

# TensorRT's headers, which a plugin is built with, are in NVIDIA's public repository.
headers() {
  [ -d "$2/include" ] && return
  git clone -q --depth 1 --branch "$1" https://github.com/NVIDIA/TensorRT "$place/source-$1"
  cp -r "$place/source-$1/include" "$2/include"
}

if wanted fetch; then
  "$trt_matrix" fetch tensorrt 8.6.1 --to "$old" --python "$python"
  "$trt_matrix" fetch tensorrt 10.15.1 --to "$new" --python "$python"
  headers v8.6.1 "$old"
  headers v10.15 "$new"
fi

sed -e "s|@OLD@|$old|; s|@NEW@|$new|; s|@PYTHON@|$python|; s|@LEVEL@|$level|" "$here/gpu-session.yaml" >"$place/matrix.yaml"
run=("$trt_matrix" run --matrix "$place/matrix.yaml" --out "$place/out" --jobs "$jobs" --keep-engines)
libraries() { ls "$1"/lib/libnvinfer.so.*; }
in_cell() { # PREFIX PROGRAM...: with the release's bindings and libraries
  local prefix=$1
  shift
  LD_LIBRARY_PATH=$prefix/lib PYTHONPATH=$prefix/python$python "python$python" "$@"
}

# One case at a time: builders that share a GPU time each other's kernels. A run that finds something ends with 1.
if wanted old; then "${run[@]}" -k 'trt8' || [ $? = 1 ]; fi
if wanted new; then "${run[@]}" -k 'trt10' || [ $? = 1 ]; fi

if wanted remedies; then
  "$trt_matrix" triage --from 8.6.1 --to 10.15.1 --matrix "$place/matrix.yaml" --out "$place/out" --jobs "$jobs" \
    --try-remedies 'retinaface-mnet025-320-implicit.plugin.int8-calibrated.implicit.device' --among 'retinaface-mnet025-320*'
fi

newest() { ls -t "$place"/out/*/evidence/"$1"/"$2" | head -n 1; }
if wanted carried; then
  mkdir -p "$place/carried"
  case=retinaface-mnet025-320
  for pair in "engine $case.onnx.fp32.device/engine.bin" "timing-cache timing.cache" \
    "calibration-cache $case.onnx.int8-calibrated.device/calibration.cache"; do
    read -r kind file <<<"$pair"
    in_cell "$new" "$here/carried_over.py" "$place/carried/8.6.1-to-10.15.1" "$kind" "$(newest 'trt8.6.1*' "$file")" \
      "$(libraries "$new")" || true
    in_cell "$old" "$here/carried_over.py" "$place/carried/10.15.1-to-8.6.1" "$kind" "$(newest 'trt10.15.1*' "$file")" \
      "$(libraries "$old")" || true
  done
fi

if wanted trials; then
  "${CXX:-c++}" -std=c++17 -O1 -shared -fPIC -w -I"$old/include" -I"${CUDA_HOME:-/usr/local/cuda}/include" \
    "$here/scale_assertion/plugin.cpp" -o "$place/edge.so" -L"${CUDA_HOME:-/usr/local/cuda}/lib64" -lcudart
  in_cell "$old" "$here/scale_assertion/trials.py" "$place/trials" "$place/edge.so" "$(libraries "$old")"
fi
