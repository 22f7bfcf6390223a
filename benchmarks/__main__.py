"""``python -m benchmarks [NAME...]``: every benchmark, or those named; each prints a table."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main(names: list[str]) -> int:
    known = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    unknown = sorted(set(names) - set(known))
    if unknown:
        print(
            f"benchmark {', '.join(unknown)}: there is none of that name; there are {', '.join(known)}", file=sys.stderr
        )
        return 4
    for name in names or known:
        print(f"\n## {name}\n", flush=True)
        importlib.import_module(f"benchmarks.bench_{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
