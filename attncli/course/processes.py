"""Grading by several processes at once: the lines come in the order of the files, whoever wrote them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from types import ModuleType
from typing import TYPE_CHECKING

from attncli import language
from attncli.errors import AttnError
from attncli.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future
    from types import TracebackType
    from typing import Self

    from attncli.course.grader import Grader


CHUNK = 16  # sheets that are handed to a process at once
AHEAD = 3  # chunks a process that may wait for their turn
START = "spawn"  # a forked process would share locks with the threads of this one

_grader: Grader | None = None


def graded(grader: Grader, files: Sequence[str], jobs: int, start: str = START) -> Iterator[str]:
    """Yield the line of each file, in their order; with one job, all is done in this process.

    A sheet that ends the process that marks it becomes unreadable, and the others go on.
    """
    if jobs == 1 or not files:
        yield from map(grader.line, files)
        return
    with without_main(), Crew(grader, jobs, start) as crew:
        yield from crew.lines(files)


@contextmanager
def without_main() -> Iterator[None]:
    """Keep new processes from running the program that runs here: they import its main file otherwise."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


class Crew:
    """Some processes, each with a grader of its own."""

    def __init__(self, grader: Grader, jobs: int, start: str) -> None:
        self.grader, self.jobs, self.start = grader, jobs, start
        self.pool = self.hired(jobs)
        self.single: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Let nobody work on, least of all when interrupted."""
        for pool in filter(None, (self.pool, self.single)):
            pool.shutdown(wait=kind is None, cancel_futures=True)

    def hired(self, jobs: int) -> ProcessPoolExecutor:
        """Start so many processes; raises AttnError where they cannot even begin."""
        context = multiprocessing.get_context(self.start)
        pool = ProcessPoolExecutor(jobs, context, prepare, (self.grader, language.active()))
        try:
            with no_interruption():
                for ready in [pool.submit(work, ()) for _ in range(jobs)]:
                    ready.result()
        except BrokenProcessPool:
            message = _("no other process can be started")
            raise AttnError(message, hint=_("mark in this one: --jobs 1")) from None
        return pool

    def lines(self, files: Sequence[str]) -> Iterator[str]:
        """Yield the lines in order; only so many chunks are under way that memory does not grow."""
        waiting: deque[tuple[Sequence[str], Future[list[str]]]] = deque()
        for i in range(0, len(files), CHUNK):
            chunk = files[i : i + CHUNK]
            waiting.append((chunk, self.given(chunk)))
            if len(waiting) >= AHEAD * self.jobs:
                yield from self.taken(*waiting.popleft())
        while waiting:
            yield from self.taken(*waiting.popleft())

    def given(self, chunk: Sequence[str]) -> Future[list[str]]:
        """Hand a chunk to whoever is free; new processes where one has died."""
        try:
            return self.pool.submit(work, chunk)
        except BrokenProcessPool:
            self.pool.shutdown(wait=False)
            self.pool = self.hired(self.jobs)
            return self.pool.submit(work, chunk)

    def taken(self, chunk: Sequence[str], done: Future[list[str]]) -> Iterator[str]:
        """Yield a chunk's lines; where a process died over it, take its sheets one by one."""
        try:
            yield from done.result()
        except BrokenProcessPool:
            yield from map(self.alone, chunk)

    def alone(self, file: str) -> str:
        """Return the line of one file that a process marks by itself, so that it dies for no other."""
        self.single = self.single or self.hired(1)
        try:
            return self.single.submit(work, [file]).result()[0]
        except BrokenProcessPool:
            self.single.shutdown(wait=False)
            self.single = None
            return self.grader.unreadable(file, None, _("marking this sheet ended the process"))


@contextmanager
def no_interruption() -> Iterator[None]:
    """Put Ctrl-C off, also in processes that are started meanwhile: they are not ready for it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # starting it lets Ctrl-C in again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def prepare(grader: Grader, spoken: str) -> None:
    """Get a process ready: Ctrl-C is for the one that hired it, and it is not to outlive that one."""
    global _grader  # noqa: PLW0603 - a process has one grader
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    language.use(spoken)
    _grader = grader


def end_with_parent() -> None:
    """Wait for the end of the process that hired this one; a killed one cannot say goodbye."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101 - this process was hired
    wait([parent.sentinel])
    os._exit(1)


def work(files: Sequence[str]) -> list[str]:
    """Grade a chunk, in a process that is ready."""
    assert _grader is not None  # noqa: S101 - prepare has run
    return [_grader.line(file) for file in files]
