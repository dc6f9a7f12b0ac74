"""Run benchmarks by name, or all of them: ``python -m tests.benchmarks homework``."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

NAMES = ("startup", "small", "engine", "memory", "screens", "growth", "homework")


def main(names: list[str]) -> int:
    """Run each, in a process of its own, so that none counts another's memory; returns the exit code."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    if len(names) == 1:
        import_module(f".{names[0]}", __package__).main()
        return 0
    command = [sys.executable, "-m", __package__]
    return max(subprocess.run([*command, name], check=False).returncode for name in names or NAMES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
