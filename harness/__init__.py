"""trt-matrix: a version-compatibility test matrix harness for TensorRT."""

__version__ = "0.1.0"
