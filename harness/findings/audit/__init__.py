"""The weight audit: what FP16, BF16 and FP8 do to a model's weights, counted without TensorRT."""
