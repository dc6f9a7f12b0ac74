"""Start-up: whole processes, beside one that only imports NumPy."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from statistics import median

from .report import Table
from .workers import environment

PAIRS = 15
COMMANDS = (
    ("forward", ("forward", "article"), 2.0),
    ("--version", ("--version",), 0.5),
    ("--help", ("--help",), 1.3),
)
NUMPY = ("-c", "import numpy")
UNLIKE_A_SHELL = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPYCACHEPREFIX")


def main() -> None:
    table = Table("command", "seconds", "import numpy", "ratio", "target")
    with tempfile.TemporaryDirectory() as compiled:
        kept = {key: value for key, value in environment().items() if key not in UNLIKE_A_SHELL}
        # Compiled as an installed package is, but not into the checkout.
        where = {**kept, "PYTHONPYCACHEPREFIX": compiled}
        for name, arguments, target in COMMANDS:
            ours, numpy = pairs(("-m", "attncli", *arguments), where)
            table.add(name, f"{ours:.3f}", f"{numpy:.3f}", f"{ours / numpy:.2f}", f"≤ {target}")
    table.show(f"Start-up to a pipe: medians of {PAIRS} pairs")


def pairs(arguments: tuple[str, ...], where: dict[str, str]) -> tuple[float, float]:
    """The medians of a command and of NumPy's import, which take turns."""
    kinds = (arguments, NUMPY)
    for one in kinds:
        seconds(one, where)
    found = [[seconds(one, where) for one in kinds] for _ in range(PAIRS)]
    ours, numpy = map(median, zip(*found, strict=True))
    return ours, numpy


def seconds(arguments: tuple[str, ...], where: dict[str, str]) -> float:
    """How long one process takes."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], env=where, capture_output=True, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
