"""Several parts of a large problem at once: Python threads, each with BLAS on one processor."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextvars import copy_context
from functools import cache
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING

import numpy as np

from attncli.page.page import strict

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


BUFFER = 16  # numbers, NumPy's least: rows longer than its buffer are not copied into it to meet a column
PAUSE = np.full(2**11, 7.5)  # what a waiting worker divides, for some microseconds
PATIENCE, NAP = 200, 1e-4  # so often; then it sleeps for so many seconds, for processors may be scarce


class Crew:
    """So many threads, which do the same work together, each its own share of it."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.met = [0] * workers  # how often each has come to a meeting
        self.errors: dict[int, BaseException] = {}

    def run(self, work: Callable[[int], None]) -> None:
        """Let every worker do its share, given its number; raises the first error that one of them raises."""

        def share(worker: int) -> None:
            try:
                with strict():  # the buffer's size is set back with it
                    np.setbufsize(BUFFER)
                    work(worker)
            except BaseException as error:  # noqa: BLE001 - it is raised below
                self.errors[worker] = error

        others = [
            Thread(target=copy_context().run, args=(share, worker)) for worker in range(1, self.workers)
        ]
        with blas().limit(limits=1, user_api="blas"):
            for thread in others:
                thread.start()
            share(0)
            try:
                for thread in others:
                    thread.join()
            except BaseException as error:
                self.errors[0] = error  # for those who are still at work
                raise
        told = [error for _, error in sorted(self.errors.items()) if not isinstance(error, GivenUpError)]
        if told:
            raise told[0]

    def meet(self, worker: int) -> None:
        """Wait until every worker has come as far as this; raises GivenUpError where one of them never will.

        A thread that sleeps takes longer to wake up than most of these waits last, and one that asks again
        and again holds the others up, which need the interpreter too: so it does sums meanwhile, for a time.
        """
        self.met[worker] += 1
        waits = 0
        while min(self.met) < self.met[worker]:
            if self.errors:
                raise GivenUpError
            if waits < PATIENCE:
                np.fmod(PAUSE, 2.0)
            else:
                sleep(NAP)
            waits += 1


class GivenUpError(Exception):
    """Another worker has failed: nobody needs this one's work any more."""


@cache
def blas() -> ThreadpoolController:
    """Return what tells BLAS how many processors to use."""
    from threadpoolctl import ThreadpoolController  # noqa: PLC0415 - only large problems need it

    return ThreadpoolController()


def processors() -> int:
    """Return how many processors to use: OMP_NUM_THREADS, else those that this process may run on."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    return cores()


def cores() -> int:
    """Return how many processors this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
