"""Somebody's function in a process of its own, asked call after call: its bounds, and what became of a call.

Whatever the code does there is an outcome here, never an error: it may raise, exit, hang, print without end
or write into the pipes that are ours. Nothing that comes back is believed before it has been looked at. It is
no sandbox: the code may do what its user may do.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import time
import tokenize
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from attncli import files
from attncli.code import worker
from attncli.errors import AttnError, Where
from attncli.language import N_, _, either
from attncli.report import did_you_mean
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from attncli.ops.op import Array

    Pipes = tuple[int, int, int]  # the ends of one side: of requests, of replies, and of what is printed


LARGEST = 10 * 2**20  # bytes of a file of code
PRINTED = 2000  # characters that are kept of what the code prints
START_UP = 60.0  # seconds that Python and NumPy may take to start, which is not the code's time
SHARE = 4  # a call may take this part of the whole time
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
HOPELESS = 5  # calls that do not come back: the others will not either, and each needs another process
MOST_NAMES = 12  # that an error lists

# Runs a file of Python as a module: what has been compiled is kept, which starts ten times as fast.
LOADER = """
import sys
from importlib.machinery import SourceFileLoader
module = type(sys)("attention_worker")
SourceFileLoader(module.__name__, sys.argv[1]).exec_module(module)
module.main()
"""

# What a reply to a call says, and a reply to what is to be loaded.
CALLED = {
    "none": N_("it returns None"),
    "text": N_("it returns text"),
    "complex": N_("it returns complex numbers"),
    "objects": N_("it returns an array of objects"),
    "empty": N_("what it returns is empty"),
    "ragged": N_("it returns a list of arrays that do not fit together"),
    "object": N_("it returns an object of {says}"),
    "large": N_("it returns {says} numbers, which is too many"),
    "exited": N_("it ends the program: {says}"),
    "killed": N_("its process is ended by {says}"),
    "timeout": N_("it gives no result in time"),
}
LOADED = {
    "syntax": N_("this is not Python: {says}"),
    "raised": N_("running this file fails: {says}"),
    "exited": N_("running this file ends the program: {says}"),
    "killed": N_("running this file ends the program: {says}"),
    "nothing": N_("there is no function in this file"),
    "missing": N_("there is no {name!r} in this file; {listed}"),
    "several": N_("which is meant: {names}?"),
    "not-callable": N_("{name} is no function"),
    "no-call": N_("the class {name} has neither forward nor __call__"),
    "no-signature": N_("the parameters of {name} cannot be told"),
    "torch": N_("torch is not installed here"),
}
RUBBISH = N_("what comes back cannot be read")


class Parameter(NamedTuple):
    """A parameter of a function."""

    name: str
    kind: str
    required: bool


class Signature(NamedTuple):
    """A function, and what it is called with."""

    name: str
    parameters: tuple[Parameter, ...]
    file: str


ANY = tuple(Parameter(name, "positional", required=True) for name in "QKV")


class Outcome(NamedTuple):
    """What became of one call: "returned", "raised", "timeout", "exited", "killed" or "unusable".

    ``says`` is one line about what came instead of numbers, ``line`` where in the file it was raised,
    ``changed`` the parameters whose arrays the code has changed.
    """

    kind: str
    values: tuple[tuple[str, Array], ...] = ()
    says: str = ""
    line: int = 0
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """What code may take: seconds for all its calls together, bytes of memory."""

    seconds: float = 10.0
    memory: int = 4 * 2**30


class Reply(NamedTuple):
    """What the other process has answered; its texts are harmless and short. The fields are the worker's."""

    kind: str
    says: str = ""
    name: str = ""
    line: int = 0
    column: int = 0
    threads: int = 0
    known: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unbounded: tuple[str, ...] = ()
    arrays: tuple[tuple[str, Array], ...] = ()

    @classmethod
    def read(cls, text: bytes, body: bytes) -> Reply:
        """Return a reply; its kind is "rubbish" where it is none."""
        try:
            head, arrays = worker.unpack(text, body)
            fields = {name: harmless(value) for name, value in head.items()}
            blank = cls("")
            if any(type(value) is not type(getattr(blank, name)) for name, value in fields.items()):
                return cls("rubbish")
            return cls(**fields, arrays=tuple((harmless(name), array) for name, array in arrays.items()))
        except Exception:  # noqa: BLE001 - the code may have written anything
            return cls("rubbish")


def harmless(value: Any) -> Any:  # noqa: ANN401 - whatever stands in JSON
    """Return a text, or a list of texts as a tuple, harmless and short; anything else as it is."""
    if isinstance(value, list):
        return tuple(sanitize(one[: worker.LONGEST_TEXT]) for one in value)
    return sanitize(value[: worker.LONGEST_TEXT]) if isinstance(value, str) else value


# The other process


class Child:
    """A process, or the thread that stands for one, at the other end of three pipes."""

    def __init__(self, process: subprocess.Popen[bytes] | Forked | None, ends: Pipes) -> None:
        self.process, self.ends = process, ends
        self.request, self.reply, self.printed = ends
        self.open = {self.reply, self.printed}
        self.unsent = memoryview(b"")
        self.received = bytearray()
        if os.name == "posix":
            for end in ends:
                os.set_blocking(end, False)

    def ask(self, message: bytes) -> None:
        """Send a message, as far as it goes without waiting."""
        self.unsent = memoryview(message)
        self.move(self.request, bytes)

    def answer(self, seconds: float, keep: Callable[[bytes], object]) -> Reply:
        """Return the next reply; its kind is "timeout" or "ended" where none comes.

        What is printed meanwhile goes to ``keep``.
        """
        until = time.monotonic() + seconds
        while (reply := self.arrived()) is None:
            left = until - time.monotonic()
            if left <= 0 or self.reply not in self.open:
                reply = Reply("timeout" if self.reply in self.open else "ended")
                break
            for end in ready(self.open, {self.request} if self.unsent else set(), left):
                self.move(end, keep)
        for _time in range(4):  # what was printed before, even if threads go on printing
            for end in ready({self.printed} & self.open, set(), 0):
                self.move(end, keep)
        return reply

    def arrived(self) -> Reply | None:
        """Return the reply that has arrived, if it has as a whole."""
        begin = worker.START.size
        if len(self.received) < begin:
            return None
        try:
            text, body = worker.lengths(bytes(self.received[:begin]))
        except ValueError:
            return Reply("rubbish")
        if len(self.received) < begin + text + body:
            return None
        message = bytes(self.received[begin : begin + text + body])
        del self.received[: begin + text + body]
        return Reply.read(message[:text], message[text:])

    def move(self, end: int, keep: Callable[[bytes], object]) -> None:
        """Send or take what there is through a pipe that is ready."""
        try:
            if end == self.request:
                self.unsent = self.unsent[os.write(end, self.unsent[: 2**16]) :]
                return
            data = os.read(end, 2**20)
        except BlockingIOError:
            return
        except OSError:  # nobody is at the other end
            data = b""
        if end == self.request:
            self.unsent = memoryview(b"")
        elif not data:
            self.open.discard(end)
        elif end == self.reply:
            self.received += data
        else:
            keep(data)

    def close(self) -> int:
        """End the process and all that it has started; return its exit code, negative for a signal."""
        code = 0  # of a thread, which ends as soon as it looks for another request
        if self.process is not None:
            if os.name == "posix":
                with suppress(OSError):  # it may not have a group of its own yet
                    os.killpg(self.process.pid, 9)
            self.process.kill()
            code = self.process.wait()
        for end in self.ends:
            os.close(end)
        return code


class Forked:
    """A forked process, with what is needed of subprocess.Popen."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def kill(self) -> None:
        """End it."""
        with suppress(OSError):
            os.kill(self.pid, 9)

    def wait(self) -> int:
        """Return its exit code, negative for a signal."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def start(run: Callable[[Pipes, Pipes], subprocess.Popen[bytes] | Forked | None]) -> Child:
    """Start what ``run`` starts, given the ends of its pipes and ours; raises AttnError where it cannot."""
    (requests, request), (reply, replies), (printed, prints) = os.pipe(), os.pipe(), os.pipe()
    theirs, ours = (requests, replies, prints), (request, reply, printed)
    try:
        return Child(run(theirs, ours), ours)
    except OSError as error:
        for end in ours:
            os.close(end)
        raise AttnError(_("could not start another process"), hint=str(error)) from None
    finally:
        for end in theirs:
            os.close(end)


def spawn(limits: Limits, theirs: Pipes, _ours: Pipes) -> subprocess.Popen[bytes]:
    """Start a process that will load a file."""
    environment = dict.fromkeys(ONE_THREAD, "1") | {"PYTHONHASHSEED": "0", "MPLBACKEND": "Agg"} | os.environ
    stdin, stdout, stderr = theirs
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable or "", "-P", "-c", LOADER, worker.__file__, *map(str, bounds(limits))],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env=environment,
        start_new_session=os.name == "posix",
    )


def fork(function: Callable[..., Any], limits: Limits, theirs: Pipes, ours: Pipes) -> Forked:
    """Start a process that has what this one has, and calls a function of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which the new one has not
        pid = os.fork()
    if pid == 0:
        try:
            for end in ours:
                os.close(end)
            worker.main_forked(theirs, bounds(limits), function)
        finally:
            os._exit(1)
    return Forked(pid)


def beside(function: Callable[..., Any], theirs: Pipes, _ours: Pipes) -> None:
    """Start a thread that calls a function, where no process can have what this one has."""
    ends = map(os.dup, theirs[:2])
    threading.Thread(target=worker.main_beside, args=(*ends, function), daemon=True).start()


def bounds(limits: Limits) -> tuple[int, int]:
    """Return the bounds of a process: seconds of CPU time, should nobody be left to end it, and bytes."""
    return int(min(limits.seconds, 10**6) + 2) * (os.cpu_count() or 1) + 5, limits.memory


def ready(reading: set[int], writing: set[int], seconds: float) -> list[int]:
    """Wait until one of some pipes can be read or written; return those that can."""
    if sys.platform == "win32":
        return [*writing, *peek(reading, 0 if writing else seconds)]
    import select  # noqa: PLC0415 - only where there is poll

    poll = select.poll()
    for end in (*reading, *writing):
        poll.register(end, select.POLLIN if end in reading else select.POLLOUT)
    return [end for end, _event in poll.poll(max(0, seconds * 1000))]


def peek(reading: set[int], seconds: float) -> list[int]:
    """Wait for pipes on Windows, which cannot: look again and again."""
    until = time.monotonic() + seconds
    while not (found := list(filter(has_more, reading))) and time.monotonic() < until:
        time.sleep(0.001)
    return found


def has_more(end: int) -> bool:
    """Whether something has come through a pipe on Windows, or its other end is closed."""
    import _winapi  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415
    import msvcrt  # noqa: PLC0415

    try:
        return bool(_winapi.PeekNamedPipe(msvcrt.get_osfhandle(end), 0)[0])  # type: ignore[attr-defined, unused-ignore]
    except OSError:
        return True


# The function in it


class Program:
    """Somebody's function in a process of its own; a context manager, which ends the process.

    A new process takes the place of one that has ended, as long as there is time left.
    """

    def __init__(
        self,
        run: Callable[[Pipes, Pipes], subprocess.Popen[bytes] | Forked | None],
        load: dict[str, Any],
        limits: Limits,
        file: str,
        name: str,
    ) -> None:
        self.run, self.load, self.limits, self.file, self.name = run, load, limits, file, name
        self.left = limits.seconds
        self.printed_bytes, self.threads = 0, 0
        self.kept = b""
        self.unbounded: tuple[str, ...] = ()
        self.child: Child | None = None
        self.loaded: Reply | None = None
        self.last: Outcome | None = None
        self.gone = 0  # calls one after the other that did not come back
        self.begin()

    @classmethod
    def of_file(cls, path: Path, name: str | None, limits: Limits, arrays: str = "numpy") -> Program:
        """Return the function of this name in a file; nothing is waited for.

        Raises AttnError where the file cannot be read.
        """
        whole = os.path.abspath(path)  # noqa: PTH100 - links stay: a file finds its neighbours
        load = {"name": name or "", "path": whole, "source": source_of(path), "tensors": arrays == "torch"}
        return cls(partial(spawn, limits), load, limits, str(path), name or "")

    @classmethod
    def of_function(cls, function: Callable[..., Any], limits: Limits, arrays: str = "numpy") -> Program:
        """Return a function of this process, which a forked one calls."""
        name = str(getattr(function, "__name__", type(function).__name__))
        run = partial(fork, function, limits) if hasattr(os, "fork") else partial(beside, function)
        return cls(run, {"tensors": arrays == "torch"}, limits, worker.file_of(function), name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def begin(self) -> None:
        """Start a process and tell it what to load."""
        self.child = start(self.run)
        self.child.ask(worker.pack(self.load))

    def close(self) -> int:
        """End the process, and all that it has started; return its exit code."""
        child, self.child = self.child, None
        return child.close() if child else 0

    def keep(self, data: bytes) -> None:
        """Count what the code prints, and keep the beginning."""
        self.printed_bytes += len(data)
        self.kept += data[: max(0, 4 * PRINTED - len(self.kept))]

    @property
    def printed(self) -> str:
        """The beginning of what the code has printed."""
        text = self.kept.decode("utf-8", "replace").replace("\r\n", "\n").expandtabs()
        return "\n".join(map(sanitize, text.split("\n")))[:PRINTED]

    @property
    def signature(self) -> Signature:
        """The function's name and parameters; those of any attention where the file does not come to its end.

        Raises AttnError where the file or the function cannot be used.
        """
        loaded = self.usable()
        if loaded.kind == "timeout":
            return Signature(self.name or "attention", ANY, self.file)
        told = [one.split() for one in loaded.parameters]
        parameters = (Parameter(one[0], one[1], one[2] == "1") for one in told if len(one) == len(ANY[0]))
        return Signature(loaded.name or self.name, tuple(parameters), self.file)

    def usable(self) -> Reply:
        """Return what is known of the function; raises AttnError where it cannot be used."""
        if self.loaded is None:
            if self.answer(START_UP, counts=False).kind != "ready":
                last = self.printed.strip().rpartition("\n")[2]
                raise AttnError(_("could not start another process"), hint=last)
            self.loaded = self.answer(self.left)
            self.unbounded = self.loaded.unbounded
        if self.loaded.kind not in {"signature", "timeout"}:
            raise self.refusal(self.loaded)
        return self.loaded

    def call(self, arguments: Mapping[str, Any]) -> Outcome:
        """Call the function with copies of arrays, and with numbers, by the names of its parameters."""
        self.usable()
        if self.last is None or self.gone < HOPELESS:
            reply = self.asked(arguments) if self.left > 0 else Reply("timeout")
            self.threads = max(self.threads, reply.threads)
            self.last = outcome(reply)
            self.gone = self.gone + 1 if self.child is None and reply.kind != "timeout" else 0
        return self.last

    def asked(self, arguments: Mapping[str, Any]) -> Reply:
        """Return the reply to a call, for which a process is started where there is none."""
        if self.child is None:
            self.begin()
            for kind in ("ready", "signature"):
                reply = self.answer(self.left)
                if reply.kind != kind:
                    return reply
        plain = {name: one for name, one in arguments.items() if isinstance(one, float | int | str | None)}
        arrays = {name: one for name, one in arguments.items() if name not in plain}
        assert self.child is not None  # noqa: S101 - it has just answered
        self.child.ask(worker.pack(plain, arrays))
        return self.answer(min(self.limits.seconds / SHARE, self.left))

    def answer(self, seconds: float, *, counts: bool = True) -> Reply:
        """Return the next reply; where none comes, what became of the process, which is ended then."""
        assert self.child is not None  # noqa: S101 - somebody was asked
        began = time.monotonic()
        reply = self.child.answer(seconds, self.keep)
        self.left -= (time.monotonic() - began) * counts
        if reply.kind in {"ended", "timeout", "rubbish"}:
            code = self.close()
            if reply.kind == "ended":
                return after(code)
        return reply

    def refusal(self, reply: Reply) -> AttnError:
        """Return the error that a file or its function cannot be used."""
        known, hint = reply.known, ""
        names = known[:MOST_NAMES] + ("…",) * (len(known) > MOST_NAMES)
        if reply.kind in {"exited", "killed"}:
            hint = _('put what is not meant for others below the line: if __name__ == "__main__":')
        elif reply.kind == "missing":
            hint = did_you_mean(reply.name, known)
        elif reply.kind == "several" and known:
            hint = _("name one: {example}", example=f"{self.file}:{known[0]}")
        elif reply.kind == "torch" or reply.says.startswith("ModuleNotFoundError"):
            hint = _("install it for the Python that runs attncli: {path}", path=sys.executable)
        message = _(
            LOADED.get(reply.kind, RUBBISH),
            says=reply.says,
            name=reply.name,
            names=either(names or ("…",)),
            listed=_("it has {names}", names=", ".join(names)) if known else _("it has no function"),
        )
        lines = self.load.get("source", "").split("\n")
        if not 0 < reply.line <= len(lines):
            return AttnError(message, Where(self.file) if self.file else None, hint)
        where = Where(self.file, reply.line, max(1, reply.column), lines[reply.line - 1])
        return AttnError(message, where, hint)


def outcome(reply: Reply) -> Outcome:
    """Return what a reply to a call says."""
    if reply.kind == "returned" and reply.arrays:
        return Outcome("returned", reply.arrays, changed=reply.changed)
    if reply.kind == "raised":
        return Outcome("raised", (), reply.says, reply.line, reply.changed)
    says = _(CALLED.get(reply.kind, RUBBISH), says=reply.says)
    kind = reply.kind if reply.kind in {"exited", "killed", "timeout"} else "unusable"
    return Outcome(kind, (), says, reply.line, reply.changed)


def after(code: int) -> Reply:
    """Return what stands for the reply of a process that has ended."""
    if code >= 0:
        return Reply("exited", str(code))
    import signal  # noqa: PLC0415 - only where there was one

    with suppress(ValueError):
        return Reply("killed", signal.Signals(-code).name)
    return Reply("killed", str(-code))


def source_of(path: Path) -> str:
    """Return the text of a file of code; raises AttnError where it cannot be read."""
    data = files.read_named(str(path), LARGEST)
    try:
        text = data.decode(tokenize.detect_encoding(io.BytesIO(data).readline)[0])
    except (SyntaxError, UnicodeDecodeError) as error:
        where = Where(str(path), 1 + data.count(b"\n", 0, getattr(error, "start", 0)))
        raise AttnError(_(LOADED["syntax"], says=sanitize(str(error))), where) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
