"""``trt-matrix`` and ``python -m harness``."""

from __future__ import annotations

import gc
import sys

# Records are made by the ten thousand and live to the end: looking through them for rubbish after every 700 finds none.
_ALLOCATIONS = 100_000


def main() -> int:
    gc.set_threshold(_ALLOCATIONS)
    from harness.cli import main_outer

    return main_outer(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
