"""Processes that do one thing again and again, so that two of them can take turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from statistics import median

SLOWING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # some machines set them, and slow NumPy down
THREADS = "2"


def environment() -> dict[str, str]:
    """The environment of every measurement: as fast as NumPy can be, with two threads."""
    kept = {key: value for key, value in os.environ.items() if key not in SLOWING}
    return {**kept, "OMP_NUM_THREADS": THREADS, "OPENBLAS_NUM_THREADS": THREADS, "MKL_NUM_THREADS": THREADS}


class Worker:
    """One process; each ``go`` does its work once and tells how long it took."""

    def __init__(self, module: str, *arguments: object) -> None:
        command = [sys.executable, "-m", module, *map(str, arguments)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
        )
        self.answer()

    def go(self) -> dict[str, float]:
        print("go", file=self.process.stdin, flush=True)
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


def in_turn(workers: list[Worker], rounds: int) -> list[float]:
    """Let the workers go one after the other, so that a noisy machine is as bad to each; medians."""
    times: list[list[float]] = [[] for _ in workers]
    for _ in range(rounds):
        for worker, taken in zip(workers, times, strict=True):
            taken.append(worker.go()["seconds"])
    return [median(taken) for taken in times]
