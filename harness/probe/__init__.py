"""What runs inside a cell, under the cell's own Python (3.8 or newer).

It imports nothing of the rest of ``harness`` and shares only file formats with it: see
``docs/internals.md``. Started by path, it loads its own folder as the package ``probe``.
"""
