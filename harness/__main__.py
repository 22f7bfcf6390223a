"""``trt-matrix`` and ``python -m harness``."""

from __future__ import annotations

import sys


def main() -> int:
    from harness.cli import main_outer

    return main_outer(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
