"""Start-up: whole processes, beside one that only imports NumPy."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from .report import Table, met
from .workers import environment

PAIRS = 11
CODE = Path(__file__).parents[1] / "data" / "code"
COMMANDS = (
    ("forward", ("forward", "article"), 2.0),
    ("backward", ("backward", "article"), 2.3),
    ("explain", ("explain", "A[Death,wind]"), 2.3),
    ("forward --json", ("forward", "article", "--json"), 1.6),
    ("forward --plain", ("forward", "article", "--plain"), 1.8),
    ("check", ("check", str(CODE.parent / "sheets" / "rounded.yaml"), "article"), 2.2),
    ("test, right", ("test", str(CODE / "right_key_bias_and_context.py")), 6.0),
    ("test, wrong", ("test", str(CODE / "heads_by_view.py")), 15.0),
    ("--help", ("--help",), 1.2),
    ("--version", ("--version",), 0.5),
)
NUMPY = ("-c", "import numpy")
UNLIKE_A_SHELL = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPYCACHEPREFIX")


def main() -> None:
    table = Table("command", "seconds", "import numpy", "ratio", "target", "")
    with tempfile.TemporaryDirectory() as compiled:
        kept = {key: value for key, value in environment().items() if key not in UNLIKE_A_SHELL}
        # Compiled as an installed package is, but not into the checkout.
        where = {**kept, "PYTHONPYCACHEPREFIX": compiled}
        for name, arguments, target in COMMANDS:
            found = pairs(("-m", "attncli", *arguments), where)
            ours, numpy = map(median, zip(*found, strict=True))
            ratio = median(ours / numpy for ours, numpy in found)
            table.add(
                name, f"{ours:.3f}", f"{numpy:.3f}", f"{ratio:.2f}", f"≤ {target}", met(ratio <= target)
            )
    table.show(f"Start-up to a pipe: medians of {PAIRS} pairs")


def pairs(arguments: tuple[str, ...], where: dict[str, str]) -> list[tuple[float, float]]:
    """A command and NumPy's import, which take turns."""
    for one in (arguments, NUMPY):
        seconds(one, where)
    return [(seconds(arguments, where), seconds(NUMPY, where)) for _ in range(PAIRS)]


def seconds(arguments: tuple[str, ...], where: dict[str, str]) -> float:
    """How long one process takes."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], env=where, capture_output=True, check=False)
    assert done.returncode in {0, 1}, done.stderr  # 1 is what wrong code is answered with
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
