"""Grading by several processes at once: the lines come in the order of the files, whoever wrote them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from types import ModuleType
from typing import TYPE_CHECKING, Self

from attncli import language
from attncli.errors import AttnError
from attncli.language import _

if TYPE_CHECKING:
    from concurrent.futures import Future
    from types import TracebackType

    from attncli.course.grader import Grader


CHUNK = 16  # sheets that are handed to a process at once
AHEAD = 3  # chunks a process that may wait for their turn
START = "spawn"  # a forked process would share locks with the threads of this one

_grader: Grader | None = None


def result_lines(grader: Grader, files: Sequence[str], jobs: int, start: str = START) -> Iterator[str]:
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
    """Worker processes, each with a grader of its own."""

    def __init__(self, grader: Grader, jobs: int, start: str) -> None:
        self.grader, self.jobs, self.start = grader, jobs, start
        self.pool = self.start_pool(jobs)
        self.single: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """End the processes; when interrupted, without waiting for what they are at."""
        for pool in filter(None, (self.pool, self.single)):
            pool.shutdown(wait=kind is None, cancel_futures=True)

    def start_pool(self, jobs: int) -> ProcessPoolExecutor:
        """Start this many processes; raises AttnError where they cannot even begin."""
        context = multiprocessing.get_context(self.start)
        pool = ProcessPoolExecutor(jobs, context, prepare, (self.grader, language.active()))
        try:
            with no_interruption():
                for ready in [pool.submit(mark_chunk, ()) for _ in range(jobs)]:
                    ready.result()
        except BrokenProcessPool:
            message = _("could not start another process")
            raise AttnError(message, hint=_("mark without others: --jobs 1")) from None
        return pool

    def lines(self, files: Sequence[str]) -> Iterator[str]:
        """Yield the lines in order; only so many chunks are under way that memory does not grow."""
        waiting: deque[tuple[Sequence[str], Future[list[str]]]] = deque()
        for i in range(0, len(files), CHUNK):
            chunk = files[i : i + CHUNK]
            waiting.append((chunk, self.submit(chunk)))
            if len(waiting) >= AHEAD * self.jobs:
                yield from self.collect(*waiting.popleft())
        while waiting:
            yield from self.collect(*waiting.popleft())

    def submit(self, chunk: Sequence[str]) -> Future[list[str]]:
        """Hand a chunk to whichever process is free; start new ones where one has died."""
        try:
            return self.pool.submit(mark_chunk, chunk)
        except BrokenProcessPool:
            self.pool.shutdown(wait=False)
            self.pool = self.start_pool(self.jobs)
            return self.pool.submit(mark_chunk, chunk)

    def collect(self, chunk: Sequence[str], done: Future[list[str]]) -> Iterator[str]:
        """Yield a chunk's lines; where a process died over it, mark its sheets one by one."""
        try:
            yield from done.result()
        except BrokenProcessPool:
            yield from map(self.mark_alone, chunk)

    def mark_alone(self, file: str) -> str:
        """Return the line of one file that a process marks by itself, so that it dies for no other."""
        self.single = self.single or self.start_pool(1)
        try:
            return self.single.submit(mark_chunk, [file]).result()[0]
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


def prepare(grader: Grader, lang: str) -> None:
    """Get a worker ready: Ctrl-C is for the process that started it, which it must not outlive."""
    global _grader  # noqa: PLW0603 - a process has one grader
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    language.use(lang)
    _grader = grader


def end_with_parent() -> None:
    """Wait for the end of the process that started this one: a killed one cannot stop its workers."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101 - this is a worker
    wait([parent.sentinel])
    os._exit(1)


def mark_chunk(files: Sequence[str]) -> list[str]:
    """Mark a chunk of sheets, in a worker."""
    assert _grader is not None  # noqa: S101 - prepare has run
    return [_grader.line(file) for file in files]
