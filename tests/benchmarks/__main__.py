"""Run benchmarks by name, or all of them: ``python -m tests.benchmarks homework``."""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = ("startup", "small", "engine", "memory", "screens", "growth", "homework")


def main(names: list[str]) -> int:
    """Run each; returns the exit code."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    for name in names or NAMES:
        import_module(f".{name}", __package__).main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
