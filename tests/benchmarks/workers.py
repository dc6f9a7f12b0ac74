"""Processes that do one thing again and again, so that two of them can take turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

SLOWING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # some machines set them, and slow NumPy down
THREADS = "2"
QUIET = 0.15  # cores, at most, that anyone else uses while a turn counts
PATIENCE = 3  # times as many turns as are wanted, then those count that there are


def environment() -> dict[str, str]:
    """The environment of every measurement: as fast as NumPy can be, with two threads."""
    kept = {key: value for key, value in os.environ.items() if key not in SLOWING}
    return {**kept, "OMP_NUM_THREADS": THREADS, "OPENBLAS_NUM_THREADS": THREADS, "MKL_NUM_THREADS": THREADS}


class Worker:
    """One process; each ``go`` does its work so often and tells how long it took, by the median."""

    def __init__(self, module: str, *arguments: object) -> None:
        command = [sys.executable, "-m", module, *map(str, arguments)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
        )
        self.answer()

    def go(self, times: int = 1) -> dict[str, float]:
        return self.ask(str(times))

    def ask(self, what: str) -> dict[str, float]:
        print(what, file=self.process.stdin, flush=True)
        return self.answer()

    def answer(self) -> dict[str, float]:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self.process.args)} ended with {self.process.wait()}")
        return json.loads(line)

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Turns:
    """What several workers took, each in its turn, while the machine was quiet."""

    def __init__(self, workers: list[Worker], wanted: int, times: int = 1) -> None:
        self.taken: list[list[float]] = []  # a list a turn, in the order of the workers
        loud = []
        for _ in range(PATIENCE * wanted):
            if len(self.taken) == wanted:
                break
            start, before = time.perf_counter(), busy()
            answers = [worker.go(times) for worker in workers]
            seconds = time.perf_counter() - start
            others = busy() - before - sum(answer["cpu"] for answer in answers)
            turn = [answer["seconds"] for answer in answers]
            (self.taken if others < QUIET * seconds else loud).append(turn)
        self.quiet = len(self.taken)
        self.taken = self.taken or loud

    @property
    def medians(self) -> list[float]:
        """The median of each worker."""
        return [median(times) for times in zip(*self.taken, strict=True)]

    @property
    def ratio(self) -> float:
        """The median of the first worker's times by the second's, turn by turn."""
        return median(one / other for one, other, *_ in self.taken)


def busy() -> float:
    """Return the seconds in which any processor has been at work, or was taken away, less our own."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0.0
    user, nice, system, _idle, _wait, irq, softirq, steal, *_ = map(
        int, stat.read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK") - time.process_time()
