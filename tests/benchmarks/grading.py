"""How long grading takes, beside merely parsing the same files with the fastest loader there is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import yaml

import attncli
from attncli.homework.key import Key
from attncli.homework.marking import mark
from attncli.homework.sheet import read_sheet
from tests.support.homework_problems import seeded
from tests.support.homework_recognition import by_id
from tests.support.homework_sheets import HALVES, Hand, shows, worked

SHEETS = 1000
BATCH = 250  # sheets that are parsed and graded in turn: what slows the machine down slows both down
TIMES = 3  # the best of so many counts: other work on the machine only ever adds
SEED = 2026
MOST = {"json": 6.0, "yaml": 1.3}
LOADERS: dict[str, Callable[[bytes], object]] = {
    "json": json.loads,
    "yaml": lambda data: yaml.load(data, yaml.CSafeLoader),
}


def main() -> None:
    """Write a course and grade it, as JSON and as YAML."""
    key = Key.of(attncli.load("article"))
    print(f"Speed: {SHEETS:,} sheets of {len(rows(key))} rows on nine tokens, one process")
    for kind, most in MOST.items():
        with TemporaryDirectory() as folder:
            files = write(key, Path(folder), kind)
            parsing, grading, ratio = measure(key, files, LOADERS[kind])
            met = "met" if ratio <= most else "missed"
            print(
                f"  {kind}: parsed {parsing:7,.0f}/s, graded {grading:7,.0f}/s,"
                f" ratio {ratio:5.2f}  target {most:g}  {met}",
                flush=True,
            )
            if kind == "json":
                few, many = peak(folder, SHEETS // 5), peak(folder, SHEETS)
                print(
                    f"  memory: {few / 1024:.1f} MiB for {SHEETS // 5:,} sheets,"
                    f" {many / 1024:.1f} MiB for {SHEETS:,}"
                )


def rows(key: Key) -> tuple[str, ...]:
    """Choose 20 rows of the article's page: all but dP and the three paths to dX."""
    return tuple(name for name in key.symbols if name not in {"dP", "dX_Q", "dX_K", "dX_V"})


def write(key: Key, folder: Path, kind: str) -> list[Path]:
    """Write a course: 60 % right, 25 % with one mistake, 10 % with two, 5 % with blank rows."""
    random, mistakes, files = seeded(SEED), by_id(key), []
    while len(files) < SHEETS:
        hand = Hand(random.choice((4, 4, 3, 2)), random.choice(HALVES), yaml=kind == "yaml")
        wanted = random.choices((0, 1, 2, -1), (60, 25, 10, 5))[0]
        made = [random.choice(mistakes[id_]) for id_ in random.sample(sorted(mistakes), max(wanted, 0))]
        values = worked(key, hand, made)
        if all(shows(key, hand, values, one) for one in made):
            blank = random.sample(rows(key), 3) if wanted < 0 else ()
            kept = {name: values[name] for name in rows(key) if name in values and name not in blank}
            file = folder / f"{len(files):05}.{kind}"
            file.write_bytes(hand.sheet(kept))
            files.append(file)
    return files


def measure(key: Key, files: list[Path], load: Callable[[bytes], object]) -> tuple[float, float, float]:
    """Return sheets parsed and graded a second, and the ratio: medians over the batches."""
    parsing, grading = [], []
    for start in range(0, len(files), BATCH):
        batch = [file.read_bytes() for file in files[start : start + BATCH]]
        times = [(taken(load, batch), taken(lambda data: grade(key, data), batch)) for _ in range(TIMES)]
        parsing.append(min(parsed for parsed, _ in times))
        grading.append(min(graded for _, graded in times))
    ratio = median(after / before for before, after in zip(parsing, grading, strict=True))
    return 1 / median(parsing), 1 / median(grading), ratio


def taken(what: Callable[[bytes], object], batch: list[bytes]) -> float:
    """Return the seconds that something takes for each sheet of a batch."""
    start = perf_counter()
    for data in batch:
        what(data)
    return (perf_counter() - start) / len(batch)


def grade(key: Key, data: bytes) -> str:
    """Do all that grading does with a sheet."""
    return json.dumps(mark(read_sheet(data, "sheet"), key).to_dict(), ensure_ascii=False)


def peak(folder: str, sheets: int) -> int:
    """Return the most memory, in KiB, that a process takes to grade so many sheets."""
    command = [sys.executable, "-m", __name__, folder, str(sheets)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def grade_alone(folder: str, sheets: int) -> None:
    """Grade, and print the most memory that this took."""
    import resource

    key = Key.of(attncli.load("article"))
    for file in sorted(Path(folder).iterdir())[:sheets]:
        grade(key, file.read_bytes())
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    grade_alone(sys.argv[1], int(sys.argv[2]))
