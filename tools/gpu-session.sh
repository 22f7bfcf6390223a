#!/usr/bin/env bash
# TensorRT 8.6.1 and 10.6.0 on an NVIDIA GPU of SM 7.5 to 9.0: RetinaFace by every route and recipe, executed; the ways
# round the INT8 plugin case; trials of the scale assertion; engines and caches carried from one release to the other;
# what the timing cache saves, and what builders that share the GPU cost each other.
#
# usage: tools/gpu-session.sh DIR [PYTHON]    DIR gets libraries (3.1 GB), headers and runs; PYTHON such as 3.11
# NEWER: the newer release (10.6.0), NEWER_CUDA its CUDA (12.6) and NEWER_TAG the tag of its headers. Its package must
# have kernels for the GPU.
# LEVEL: the builder's optimisation level, 0 to 5 (3). JOBS: cases at the same time (1). STEPS: which of the steps below.
# SELECT: of the steps `old` and `new`, only the cases whose names fit these words (see `trt-matrix run --help`, -k).
# Two GPUs: CUDA_VISIBLE_DEVICES chooses one for the process, OUT (DIR/out) is where its runs go.
set -euo pipefail
place=$(realpath -m "${1:?usage: tools/gpu-session.sh DIR [PYTHON]}")
python=${2:-3.11}
here=$(dirname "$(realpath "$0")")
trt_matrix=${TRT_MATRIX:-trt-matrix}
level=${LEVEL:-3}
jobs=${JOBS:-1}
steps=${STEPS-fetch old new remedies carried trials costs}
out=${OUT:-$place/out}
old=$place/TensorRT-8.6.1
newer=${NEWER:-10.6.0}
new=$place/TensorRT-$newer
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
  "$trt_matrix" fetch tensorrt "$newer" --to "$new" --python "$python"
  headers v8.6.1 "$old"
  headers "${NEWER_TAG:-v$newer}" "$new"
fi

fill() { # TEMPLATE TIMING_CACHE LEVEL: the matrix with its places
  sed -e "s|@OLD@|$old|; s|@NEW@|$new|; s|@NEWER@|$newer|; s|@CUDA@|${NEWER_CUDA:-12.6}|" \
    -e "s|@PYTHON@|$python|; s|@CACHE@|$2|; s|@LEVEL@|$3|" "$here/$1"
}
matrix=$out/matrix.yaml
mkdir -p "$out"
fill gpu-session.yaml true "$level" >"$matrix"

# A run that finds something ends with 1.
run() { "$trt_matrix" run "$@" || [ $? = 1 ]; }
# One case at a time: builders that share a GPU time each other's kernels.
cells() { run --matrix "$matrix" --out "$out" --jobs "$jobs" --keep-engines -k "$1${SELECT:+ and ($SELECT)}"; }
if wanted old; then cells trt8; fi
if wanted new; then cells "trt$newer"; fi

if wanted remedies; then
  "$trt_matrix" triage --from 8.6.1 --to "$newer" --matrix "$matrix" --out "$out" --jobs "$jobs" \
    --try-remedies 'retinaface-mnet025-320-implicit.plugin.int8-calibrated.implicit.device' --among 'retinaface-mnet025-320*'
fi

newest() { find "$out" -path "*/evidence/$1/*" -name "$2" -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-; }
in_cell() { # CELL PREFIX PROGRAM ARGUMENT...: with the bindings and the libraries that a run of the cell has loaded
  local cell=$1 prefix=$2 program=$3
  shift 3
  # shellcheck disable=SC2046 # one path a word
  LD_LIBRARY_PATH=$prefix/lib PYTHONPATH=$prefix/python$python "python$python" "$program" "$@" \
    $("python$python" -c 'import json, sys; print(*json.load(open(sys.argv[1]))["libraries"])' "$(newest "$cell" job.json)")
}
if wanted carried; then
  for way in "8.6.1 $newer $new" "$newer 8.6.1 $old"; do
    read -r from to prefix <<<"$way"
    for pair in "engine engine.bin" "timing-cache timing.cache" "calibration-cache calibration.cache"; do
      read -r kind file <<<"$pair"
      found=$(newest "trt$from*" "$file")
      if [ -z "$found" ]; then
        echo "$from has no $file here to give to $to"
        continue
      fi
      in_cell "trt$to*" "$prefix" "$here/carried_over.py" "$place/carried/$from-to-$to" "$kind" "$found" || true
    done
  done
fi

if wanted trials; then
  "${CXX:-c++}" -std=c++17 -O1 -shared -fPIC -w -I"$old/include" -I"${CUDA_HOME:-/usr/local/cuda}/include" \
    "$here/scale_assertion/plugin.cpp" -o "$place/edge.so" -L"${CUDA_HOME:-/usr/local/cuda}/lib64" -lcudart
  in_cell 'trt8.6.1*' "$old" "$here/scale_assertion/trials.py" "$place/trials" "$place/edge.so"
fi

# One build four times: after each other on one timing cache, which the first finds empty, and at the same time on none.
if wanted costs; then
  for way in "cached true 1" "together false 4"; do
    read -r name cache at_once <<<"$way"
    fill gpu-costs.yaml "$cache" "$level" >"$out/costs-$name.yaml"
    nvidia-smi -i "${CUDA_VISIBLE_DEVICES:-0}" --query-gpu=utilization.gpu,memory.used --format=csv,noheader,nounits \
      -lms 500 >"$out/costs-$name.csv" &
    watch=$!
    run --matrix "$out/costs-$name.yaml" --out "$out/costs-$name" --jobs "$at_once" --no-reuse
    kill "$watch"
  done
  "python$python" "$here/gpu_costs.py" "$out"
fi
