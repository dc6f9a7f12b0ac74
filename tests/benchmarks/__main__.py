"""Run benchmarks by name, or those of speed: ``python -m tests.benchmarks engine``.

``--write`` puts what all of these print into the guide; that of ``engine`` puts the figure into .github.
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np

NAMES = ("startup", "small", "engine", "grading", "screens", "homework")
BESIDE_TORCH = {"small", "engine"}
SPEED = NAMES[:-1]  # the last says how well mistakes are recognised, and takes long
GUIDE = Path(__file__).parents[2] / "attncli" / "guide" / "performance.md"
MEASURED = re.compile(r"(?<=<!-- performance -->\n)(.*?)(?=<!-- /performance -->)", re.DOTALL)


def main(arguments: list[str]) -> int:
    """Run each, in a process of its own, so that none counts another's memory; returns the exit code."""
    names = [name for name in arguments if name != "--write"]
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    if BESIDE_TORCH.intersection(names or SPEED) and find_spec("torch") is None:
        print("small and engine measure beside PyTorch: pip install -e '.[bench]'", file=sys.stderr)
        return 2
    if len(names) == 1:
        import_module(f".{names[0]}", __package__).main()
        return 0
    printed, codes = [machine()], []
    print(printed[0], flush=True)
    for name in names or SPEED:
        command = [sys.executable, "-m", __package__, name, *set(arguments) - set(names)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                print(line, end="", flush=True)
                printed.append(line.rstrip())
        codes.append(process.returncode)
    if "--write" in arguments and not names and not any(codes):
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(printed)).strip()
        block = f"```text\n{text}\n```\n"
        guide = GUIDE.read_text(encoding="utf-8")
        GUIDE.write_text(MEASURED.sub(lambda _: block, guide), encoding="utf-8")
    return max(codes)


def machine() -> str:
    """Say what all of it was measured on."""
    found = np.show_config(mode="dicts")["SIMD Extensions"]
    simd = (found.get("found") or found["baseline"])[-1]
    torch = f", PyTorch {version('torch')}" if find_spec("torch") else ""
    return f"Two threads, {simd}; Python {platform.python_version()}, NumPy {np.__version__}{torch}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
