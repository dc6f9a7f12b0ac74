"""Screens and files of large rows: writing them, beside NumPy's own writing of the same numbers."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

import attncli
from attncli.commands.environment import Environment
from attncli.commands.output import Destination
from attncli.export.formats import FORMATS, Shown
from attncli.show.display import Display

from .report import Table, met

if TYPE_CHECKING:
    from collections.abc import Callable

    from attncli.result import Result

ROUNDS = 5
FIXED, EXACT = "%.4f", "%.18e"  # four decimals, as on the screen; all that a number has
CASES = (
    ("text", "--full", FIXED),
    ("plain", "--plain", FIXED),
    ("csv", "csv", EXACT),
    ("json", "json", EXACT),
)


def main() -> None:
    table = Table("row", "written as", "seconds", "NumPy's", "ratio", "target", "")
    with tempfile.TemporaryDirectory() as folder:
        for symbol in ("S", "A"):
            result = row(1000, symbol)
            for style, name, form in CASES:
                ours, numpy = in_turn(
                    lambda style=style, result=result: write(result, style, Path(folder) / "ours", full=True),
                    lambda form=form, result=result: save_text(result, Path(folder) / "numpy", form),
                )
                compare(table, f"{symbol} 1000 × 1000", name, ours, numpy, 2.0)
        large = row(3000, "S")
        ours, numpy = in_turn(
            lambda: write(large, "npz", Path(folder) / "ours.npz"),
            lambda: np.savez(Path(folder) / "numpy.npz", S=large["S"]),
        )
        compare(table, "S 3000 × 3000", "npz", ours, numpy, 1.5)
        for symbol in ("S", "A"):
            huge = row(4096, symbol)
            ours, _ = in_turn(lambda huge=huge: write(huge, "text", Path(folder) / "ours"), lambda: None)
            table.add(
                f"{symbol} 4096 × 4096", "default", f"{ours:.3f}", "", "", "≤ 0.050 s", met(ours <= 0.05)
            )
    table.show(f"Writing one row, medians of {ROUNDS} turns (savetxt {FIXED} or {EXACT}, savez)")


def row(n: int, symbol: str) -> Result:
    """A page with nothing but one row of n × n numbers."""
    rng = np.random.default_rng(n)
    size = {"Q": rng.standard_normal((n, 16)), "K": rng.standard_normal((n, 16)), "V": np.ones((n, 1))}
    result = attncli.forward(attncli.Problem(given=size), only=[symbol])
    return replace(result, values={symbol: result[symbol]})


def write(result: Result, style: str, path: Path, *, full: bool = False) -> None:
    """Write it as the command does, into a file; ``full``: all of it, and nothing else."""
    with path.open("w", encoding="utf-8") as stream:
        environment = Environment()
        environment.stdout = stream
        display = Display(80, result.decimals, full)
        content = FORMATS[style].write(Shown(result, list(result.values), display, quiet=full))
        Destination(FORMATS[style], str(path) if style == "npz" else None).write(content, environment)


def save_text(result: Result, path: Path, form: str) -> None:
    """Write it as NumPy does."""
    (values,) = result.values.values()
    np.savetxt(path, values, fmt=form)


def in_turn(*kinds: Callable[[], None]) -> list[float]:
    """The medians of several things that take turns."""
    found = [[seconds(one) for one in kinds] for _ in range(ROUNDS)]
    return [median(taken) for taken in zip(*found, strict=True)]


def seconds(work: Callable[[], None]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def compare(table: Table, *cells: object) -> None:
    """Add a line with a ratio."""
    name, how, ours, numpy, target = cells
    table.add(
        name,
        how,
        f"{ours:.3f}",
        f"{numpy:.3f}",
        f"{ours / numpy:.2f}",
        f"≤ {target}",
        met(ours <= target * numpy),
    )


if __name__ == "__main__":
    main()
