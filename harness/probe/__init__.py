"""The part that runs inside a cell, under the cell's own Python (3.8 or newer).

It stands alone: standard library, numpy, pytest, tensorrt, and pycuda or cuda-python where something
is executed. It shares a file format with ``harness.evidence``, not code. Relative imports only.
"""
