"""Somebody's code in a process of its own: whatever it does is an outcome, and nothing of it is left."""

# ruff: noqa: N803, ARG001 - functions as people write them

from __future__ import annotations

import faulthandler
import functools
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from attncli.code import process, worker
from attncli.code.process import Limits, Program
from attncli.errors import AttnError

POSIX = pytest.mark.skipif(os.name != "posix", reason="processes are forked")
X = np.arange(6.0).reshape(2, 3)


class Pair(NamedTuple):
    out: Any
    attn: Any


@dataclass
class Both:
    out: object
    weights: object


class Tensor:
    """As torch has them: it has to be detached, and is no array by itself."""

    def __init__(self, array, *, tracked=True):
        self.array, self.tracked = array, tracked

    def detach(self):
        return Tensor(self.array, tracked=False)

    def cpu(self):
        return self

    def numpy(self):
        if self.tracked:
            raise RuntimeError("it requires grad")
        return self.array


def called(function, arguments=None, **limits):
    with Program.of_function(function, Limits(**limits)) as program:
        return program.call(arguments or {})


def called_here(function, arguments=None):
    """The outcome of a call in a thread of this process, which is faster to be had."""
    run = functools.partial(process.beside, function)
    with Program(run, {"tensors": False}, Limits(), "", "") as program:
        return program.call(arguments or {})


def values(function, arguments=None):
    outcome = called_here(function, arguments)
    assert outcome.kind == "returned", outcome
    return dict(outcome.values)


@pytest.fixture
def code(tmp_path, monkeypatch):
    """A file with this text; its process is forked, which is faster than to start another."""
    opened = []

    def forked(limits, theirs, ours):
        pid = os.fork()
        if pid == 0:
            try:
                for end in ours:
                    os.close(end)
                requests, replies, printed = theirs
                faulthandler.disable()  # it would write into pytest's output
                unbounded = worker.isolate(printed, *process.bounds(limits))
                worker.serve(worker.in_background(requests), replies, worker.load, unbounded, printed)
            finally:
                os._exit(1)
        return process.Forked(pid)

    def program(text, name=None, file="mine.py", arrays="numpy", **limits):
        path = tmp_path / file
        path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        opened.append(Program.of_file(path, name, Limits(**limits), arrays))
        return opened[-1]

    monkeypatch.setattr(process, "spawn", forked)
    yield program
    for one in opened:
        one.close()


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (X, {"": X}),
        (X.astype("f4"), {"": X.astype("f4")}),
        (X.astype("f2"), {"": X.astype("f2")}),
        (X.astype(">f8"), {"": X}),
        (X.astype(np.longdouble), {"": X}),
        (X > 1, {"": X > 1}),
        (X.T, {"": X.T}),
        (X.view(np.matrix), {"": X}),
        (np.ma.masked_greater(X, 4.0), {"": np.where(X > 4.0, 0, X)}),
        (np.float64(2.5), {"": np.array(2.5)}),
        (2, {"": np.array(2)}),
        (X.tolist(), {"": X}),
        (tuple(map(tuple, X.tolist())), {"": X}),
        ([X, X + 1], {"": np.stack([X, X + 1])}),
        ([Tensor(X), Tensor(X)], {"": np.stack([X, X])}),
        ([[X, X]], {"": np.stack([X, X])[None]}),
        ([X, X[0]], {"0": X, "1": X[0]}),
        ((X, X + 1), {"0": X, "1": X + 1}),
        ((X, [X, X]), {"0": X, "1": np.stack([X, X])}),
        ((X, None), {"0": X}),
        ((X, {"A": X, "note": "text"}), {"0": X, "A": X}),
        ({"O": X, "A": X.tolist(), 3: X, "loss": 0.5}, {"O": X, "A": X, "3": X, "loss": np.array(0.5)}),
        (Pair(X, X + 1), {"out": X, "attn": X + 1}),
        (Both(X, X + 1), {"out": X, "weights": X + 1}),
        (Tensor(X), {"": X}),
        (memoryview(X), {"": X}),
        (np.zeros((0, 3)), {"": np.zeros((0, 3))}),
    ],
    ids=repr,
)
@POSIX
def test_what_holds_numbers_is_taken_over(result, expected):
    taken = values(lambda: result)
    assert list(taken) == list(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(taken[name], array, strict=True)


def test_what_has_array_or_data_is_taken_over():
    class Array:
        def __array__(self, dtype=None, copy=None):
            return X

    class Own:
        data = X

    class Number:
        def __init__(self, data):
            self.data = data

    numbers = [[Number(x) for x in row] for row in X.tolist()]
    for thing in (Array(), Own(), numbers):
        np.testing.assert_array_equal(values(lambda thing=thing: thing)[""], X)


class Unknown:
    pass


def generator():
    yield X


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda: None, "it returns None"),
        (lambda: "out", "it returns text"),
        (lambda: X + 1j, "it returns complex numbers"),
        (lambda: 1j, "it returns complex numbers"),
        (lambda: np.array([X, None], dtype=object), "it returns an array of objects"),
        (lambda: np.array(["a"]), "it returns text"),
        (generator, "it returns an object of generator"),
        (Unknown, "it returns an object of Unknown"),
        (lambda: print, "it returns an object of builtin_function_or_method"),
        (lambda: {}, "what it returns is empty"),  # noqa: PIE807
        (lambda: [], "what it returns is empty"),  # noqa: PIE807
        (lambda: (), "what it returns is empty"),
        (lambda: (None, "text"), "it returns None"),
        (lambda: {"O": None}, "it returns None"),
        (
            lambda: np.broadcast_to(X[0, 0], (worker.MOST_NUMBERS + 1,)),
            "it returns 16777217 numbers, which is too many",
        ),
        (lambda: (np.zeros(worker.MOST_NUMBERS), X), "it returns 16777222 numbers, which is too many"),
    ],
    ids=range(16),
)
@POSIX
def test_what_holds_none_is_unusable(function, says):
    if function is Unknown:
        function = lambda: Unknown()  # noqa: E731, PLW0108 - a class is called otherwise
    outcome = called_here(function)
    assert (outcome.kind, outcome.says, outcome.values) == ("unusable", says, ())


def split(X, mask=None):
    def inner():
        return 1, 2

    if mask is not None:
        return X
    out, attn = X, X + inner()[0]
    return out, attn


def as_a_list(X):
    out = attn = X
    return [out, attn]


class Layer:
    def __init__(self, heads):
        self.heads = heads

    def forward(self, X):
        self.attn = X + 1
        return self.heads * X, self.attn


def wrapped(function):
    @functools.wraps(function)
    def wrapper(*arguments, **named):
        return function(*arguments, **named)

    return wrapper


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (split, ["out", "attn"]),
        (wrapped(split), ["out", "attn"]),
        (functools.partial(split, mask=None), ["out", "attn"]),
        (as_a_list, ["out", "attn"]),
        (lambda X: (X + 1, X), ["0", "1"]),
        (lambda X: (X, X), ["0", "1"]),
    ],
    ids=range(6),
)
@POSIX
def test_a_tuple_has_the_names_of_the_return_statement(function, names):
    assert list(values(function, {"X": X})) == names


@POSIX
def test_a_class_is_made_and_called():
    with Program.of_function(Layer, Limits()) as program:
        assert [one[:2] for one in program.signature.parameters] == [
            ("heads", "positional"),
            ("X", "positional"),
        ]
        taken = dict(program.call({"heads": 2, "X": X}).values)
    np.testing.assert_array_equal(taken["0"], 2 * X)
    np.testing.assert_array_equal(taken["1"], X + 1)


@POSIX
def test_parameters_are_told():
    def function(a, /, b, c=1, *rest, d, e=2, **more):
        return np.array([a, b, c, d, e, *more.values()])

    with Program.of_function(function, Limits()) as program:
        assert list(map(tuple, program.signature.parameters)) == [
            ("a", "positional-only", True),
            ("b", "positional", True),
            ("c", "positional", False),
            ("rest", "var-positional", False),
            ("d", "keyword", True),
            ("e", "keyword", False),
            ("more", "var-keyword", False),
        ]
        assert program.signature.name == "function"
        assert program.signature.file == __file__
        outcome = program.call({"d": 4, "a": 1, "b": 2, "f": 6})
    assert dict(outcome.values)[""].tolist() == [1, 2, 1, 4, 2, 6]


@POSIX
def test_arguments_arrive_as_they_are():
    given = {"array": X > 2, "flag": True, "count": 3, "number": np.float64(0.1), "none": None, "word": "sum"}

    def function(array, flag, count, number, none, word):
        assert (flag, none, word) == (True, None, "sum")
        assert (type(flag), count, number) == (bool, 3, 0.1)
        return array

    assert values(function, given)[""].dtype == bool


@POSIX
def test_changed_arguments_are_told_and_the_next_call_gets_new_ones():
    def function(X, Y, Z):
        before = X[0].copy()
        X[0] = 9
        Y[0] = np.nan
        return before

    nan = np.array([np.nan, 1.0])
    with Program.of_function(function, Limits()) as program:
        for _ in range(2):
            outcome = program.call({"X": np.array([1.0, np.nan]), "Y": nan, "Z": nan})
            assert dict(outcome.values)[""] == 1.0
            assert outcome.changed == ("X",)


@POSIX
def test_random_numbers_are_those_of_the_call_before():
    with Program.of_function(lambda: np.random.rand(3), Limits()) as program:  # noqa: NPY002 - as people write
        first, second = program.call({}), program.call({})
    np.testing.assert_array_equal(first.values[0][1], second.values[0][1])


@POSIX
def test_errors_are_one_line_with_the_innermost_place_in_the_file(code):
    program = code(
        """\
        import numpy as np
        def inner(X):
            return np.linalg.inv(X)
        def attention(X):
            return inner(X)
        """
    )
    outcome = program.call({"X": np.zeros((2, 2))})
    assert outcome[:4] == ("raised", (), "LinAlgError: Singular matrix", 3)


def raising(error):
    def function():
        raise error

    return function


class Silent(Exception):  # noqa: N818
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (ValueError("two\n lines \x1b[31m"), "raised", "ValueError: two lines \\x1b[31m"),
        (ValueError("x" * 10**6), "raised", f"ValueError: {'x' * (worker.LONGEST_TEXT - 12)}"),
        (Silent(), "raised", "Silent"),
        (MemoryError(), "raised", "MemoryError"),
        (GeneratorExit(), "raised", "GeneratorExit"),
        (SystemExit(3), "exited", "it ends the program: 3"),
        (SystemExit("bye"), "exited", "it ends the program: bye"),
        (SystemExit(), "exited", "it ends the program: 0"),
        (KeyboardInterrupt(), "exited", "it ends the program: KeyboardInterrupt"),
    ],
    ids=range(9),
)
@POSIX
def test_what_is_raised_is_an_outcome(error, kind, says):
    assert called_here(raising(error))[:3] == (kind, (), says)


def deep():
    return deep()


@POSIX
def test_endless_recursion_is_an_error():
    assert called(deep).says.startswith("RecursionError: ")


@pytest.mark.parametrize(
    ("end", "kind", "says"),
    [
        (lambda: os._exit(0), "exited", "it ends the program: 0"),
        (lambda: os._exit(7), "exited", "it ends the program: 7"),
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), "killed", "its process is ended by SIGSEGV"),
        (lambda: os.kill(0, signal.SIGKILL), "killed", "its process is ended by SIGKILL"),
    ],
    ids=range(4),
)
@POSIX
def test_the_next_call_has_a_new_process(end, kind, says):
    def function(stop):
        if stop:
            end()
        return X

    with Program.of_function(function, Limits()) as program:
        assert program.call({"stop": False}).kind == "returned"
        assert program.call({"stop": True})[:3] == (kind, (), says)
        assert program.call({"stop": False}).kind == "returned"


@POSIX
def test_what_never_comes_back_is_not_tried_for_ever():
    def function(how):
        print("called")
        if how == 1:
            os._exit(1)
        if how == 2:
            sys.exit(1)
        return X

    with Program.of_function(function, Limits()) as program:
        few = [program.call({"how": how}).kind for how in (1, 1, 1, 1, 0, *(2,) * 9, 0)]
        assert few == ["exited"] * 4 + ["returned"] + ["exited"] * 9 + ["returned"]
        before = program.printed_bytes
        assert {program.call({"how": 1})[:3] for _ in range(50)} == {("exited", (), "it ends the program: 1")}
        assert program.printed_bytes == before + 5 * len("called\n")
        assert program.call({"how": 0}).kind == "exited"


@POSIX
def test_a_call_has_a_quarter_of_the_time_and_all_calls_the_whole():
    def function(X):
        while X[0]:
            pass
        return X

    with Program.of_function(function, Limits(seconds=1.6)) as program:
        began = time.monotonic()
        kinds = [program.call({"X": np.array([stuck])}).kind for stuck in (1, 0, 1, 1, 1, 1, 0)]
        took = time.monotonic() - began
    assert kinds[:2] == ["timeout", "returned"]
    assert kinds[-1] == "timeout"
    assert 1.6 <= took < 5


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds memory")
def test_memory_is_bounded():
    outcome = called(lambda: np.ones(2**29), memory=2**30)
    assert outcome.kind == "raised"
    assert "MemoryError" in outcome.says


@POSIX
def test_memory_is_bounded_while_a_file_is_loaded(code):
    with pytest.raises(AttnError, match=r"running this file fails: .*MemoryError"):
        code("import numpy as np\nx = np.ones(2**29)\n", memory=2**30).signature  # noqa: B018


@pytest.mark.skipif(sys.platform != "linux", reason="these are the limits of Linux")
def test_limits_are_set():
    def function():
        import resource

        cores, size = resource.getrlimit(resource.RLIMIT_CORE), resource.getrlimit(resource.RLIMIT_FSIZE)
        time, memory = resource.getrlimit(resource.RLIMIT_CPU), resource.getrlimit(resource.RLIMIT_DATA)
        return np.array([cores, size, time, memory])

    limits = called(function).values[0][1]
    assert limits[0].tolist() == [0, 0]
    assert 0 < limits[1, 1] < 2**30
    assert 10 < limits[2, 1] < 10 * (os.cpu_count() + 2) + 100
    assert 4 * 2**30 <= limits[3, 1] < 2**35


def printing(how):
    def function(X):
        how()
        return X

    return function


def in_threads():
    started = [threading.Thread(target=print, args=("hi\n" * 1000,)) for _ in range(4)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def no_stdout():
    sys.stdout = None


def other_stdout():
    sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115


@pytest.mark.parametrize(
    ("how", "count", "begins"),
    [
        (lambda: print("one\ttwo\x1b[31m\nthree"), 19, "one     two\\x1b[31m\nthree\n"),
        (lambda: print("x" * 10**7), 10**7 + 1, "x" * 2000),
        (lambda: sys.stderr.write("ế\n"), 4, "ế\n"),
        (lambda: os.write(1, b"\xff\x00\n"), 3, "\ufffd\\x00\n"),
        (lambda: sys.stdout.buffer.write(b"\xff"), 1, "\ufffd"),
        (lambda: os.system("echo hi"), 3, "hi\n"),  # noqa: S605
        (in_threads, 12004, "hi\n"),
        (lambda: sys.stdout.close(), 0, ""),  # noqa: PLW0108 - that of the other process
        (lambda: os.close(1), 0, ""),
        (lambda: os.closerange(0, 3), 0, ""),
        (no_stdout, 0, ""),
        (other_stdout, 0, ""),
        (lambda: print(repr(sys.stdin.read())), 3, "''\n"),
    ],
    ids=range(13),
)
@POSIX
def test_what_is_printed_does_no_harm(how, count, begins):
    with Program.of_function(printing(how), Limits()) as program:
        for time_ in (1, 2):
            outcome = program.call({"X": X})
            assert outcome.kind == "returned"
            np.testing.assert_array_equal(outcome.values[0][1], X)
            assert program.printed_bytes == count * time_
        assert program.printed.startswith(begins)
        assert len(program.printed) <= 2000


@POSIX
def test_what_is_printed_before_the_end_is_kept():
    def function():
        print("nearly there")
        os._exit(1)

    with Program.of_function(function, Limits()) as program:
        program.call({})
        assert program.printed == "nearly there\n"


@POSIX
def test_printing_without_end_is_stopped_in_time():
    def function():
        while True:
            print("x" * 1000)

    with Program.of_function(function, Limits(seconds=1.6)) as program:
        assert program.call({}).kind == "timeout"
        assert len(program.printed) == 2000


def flooding(data):
    """A function that writes into the pipe that takes replies, which it finds as code could."""

    def function():
        frame = sys._getframe()  # noqa: SLF001
        while "replies" not in frame.f_locals:
            frame = frame.f_back
        os.write(frame.f_locals["replies"], data)
        return X

    return function


def message(text, body=b""):
    return worker.START.pack(worker.MAGIC, len(text), len(body)) + text + body


@pytest.mark.parametrize(
    "data",
    [
        b"rubbish",
        b"\x00" * 100,
        b"attn" + b"\xff" * 8,
        worker.pack({"kind": "unheard of"}),
        worker.pack({"kind": "returned"}),
        worker.pack({"kind": "\udc80\x1b", "says": "\x1b"}),
        worker.pack({"kind": "returned", "unknown": 1}, {"O": X}),
        worker.pack({"kind": "returned", "line": "1"}, {"O": X}),
        worker.pack({"kind": "returned", "changed": [1]}, {"O": X}),
        message(b"[" * 10**6),
        message(b"[]"),
        message(b'{"kind": "returned", "arrays": [["O", "<f8", [99999999999, 9]]]}', b"12345678"),
        message(b'{"kind": "returned", "arrays": [["O", "|O8", [1]]]}', b"12345678"),
        message(b'{"kind": "returned", "arrays": [["O", "<f8", [-1]]]}', b"12345678"),
        message(b'{"kind": "returned", "arrays": [["O", "<f8", [1.0]]]}', b"12345678"),
        message(b'{"kind": "returned", "arrays": [["O", "xf8", [1]]]}', b"12345678"),
        message(b'{"kind": "returned", "arrays": [["O", "<f8", "one"]]}', b"12345678"),
        message(b'{"kind": "returned", "arrays": [["O", "<f8", [0, -1]]]}', b"12345678"),
        worker.pack({"kind": "returned"}, {str(i): X for i in range(worker.MOST_ARRAYS + 1)}),
    ],
    ids=range(19),
)
@POSIX
def test_rubbish_in_the_protocol_is_no_numbers(data):
    outcome = called(flooding(data))
    assert (outcome.kind, outcome.says) == ("unusable", "what comes back cannot be read")


def test_messages_come_back():
    given = {"X": X.T, "ế": np.zeros((0, 3), "f4")}
    packed = worker.pack({"kind": "call", "scale": 0.1, "none": None}, given)
    start = worker.START.size
    text, body = worker.lengths(packed[:start])
    assert len(packed) == start + text + body
    head, arrays = worker.unpack(packed[start : start + text], packed[start + text :])
    assert head == {"kind": "call", "scale": 0.1, "none": None}
    np.testing.assert_array_equal(arrays["X"], X.T, strict=True)
    np.testing.assert_array_equal(arrays["ế"], np.zeros((0, 3), "f4"), strict=True)
    assert arrays["X"].flags.writeable


def descriptors():
    folder = Path("/proc/self/fd")
    return sorted(folder.iterdir()) if folder.is_dir() else []


def is_running(pid):
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pid):
    until = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.005)
    return not is_running(pid)


@POSIX
def test_nothing_is_left_of_it():
    def function(how):
        if how == 1:
            os._exit(1)
        while how == 2:
            pass
        return np.array(os.getpid())

    before = descriptors(), threading.active_count()
    with Program.of_function(function, Limits(seconds=1.6)) as program:
        pids = [int(program.call({"how": how}).values[0][1]) for how in (0, 0)]
        assert program.call({"how": 1}).kind == "exited"
        assert program.call({"how": 2}).kind == "timeout"
        pids.append(int(program.call({"how": 0}).values[0][1]))
    assert (descriptors(), threading.active_count()) == before
    assert len(set(pids)) == 2
    for pid in pids:
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


@POSIX
def test_what_it_has_started_ends_with_it():
    def function():
        return np.array(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid)

    with Program.of_function(function, Limits()) as program:
        pid = int(program.call({}).values[0][1])
        assert is_running(pid)
    assert gone(pid)


@POSIX
def test_a_fork_of_it_answers_nothing():
    def function():
        return np.array(os.fork() == 0)

    with Program.of_function(function, Limits()) as program:
        assert [bool(program.call({}).values[0][1]) for _ in range(3)] == [False] * 3


@POSIX
def test_threads_that_are_left_are_told():
    def function():
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        return X

    with Program.of_function(function, Limits()) as program:
        assert program.call({}).kind == "returned"
        assert program.threads == 1
        assert program.call({}).kind == "returned"
        assert program.threads == 2


@POSIX
def test_it_ends_when_it_is_interrupted():
    def function():
        os.kill(os.getppid(), signal.SIGINT)
        time.sleep(60)

    with Program.of_function(function, Limits()) as program:
        child = program.child
        with pytest.raises(KeyboardInterrupt):
            program.call({})
    assert gone(child.process.pid)


PARENT = """
import os, sys, time
from pathlib import Path
from attncli.code.process import Limits, Program
program = Program.of_file(Path(sys.argv[1]), "attention", Limits())
program.signature
print(program.child.process.pid, flush=True)
if sys.argv[2] == "call":
    program.call({})
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("when", ["idle", "call"])
@POSIX
def test_it_ends_with_whoever_started_it(tmp_path, when):
    mine = tmp_path / "mine.py"
    mine.write_text("import os, time\ndef attention():\n    os.kill(os.getppid(), 9)\n    time.sleep(60)\n")
    done = subprocess.run(
        [sys.executable, "-c", PARENT, str(mine), when], capture_output=True, text=True, check=False
    )
    assert done.returncode == -9, done.stderr
    assert gone(int(done.stdout))


CLOSED = """
import os
for end in range(3):
    os.close(end)
from attncli.code.process import Limits, Program
with Program.of_function(lambda: print("out") or 1.0, Limits()) as program:
    os._exit(program.call({}).kind == "returned" and program.printed == "out\\n")
"""


@POSIX
def test_it_ends_when_half_a_request_has_come():
    with Program.of_function(lambda: X, Limits()) as program:
        assert program.call({}).kind == "returned"
        child = program.child
        os.write(child.request, worker.pack({}, {"X": X})[:10])
        os.close(child.request)
        assert gone(child.process.pid)
        child.request = os.open(os.devnull, os.O_RDONLY)
        child.ends = child.request, *child.ends[1:]


@POSIX
def test_standard_streams_may_be_closed():
    assert subprocess.run([sys.executable, "-c", CLOSED], check=False).returncode == 1


@POSIX
def test_the_only_function_that_speaks_of_attention_is_meant(code):
    text = """
    import numpy as np
    from os.path import join as attention_join
    class AttentionConfig: heads = 2
    def softmax(x): return x
    def _attention_core(x): return x
    def MyAttn(X): return X
    attn_shape = (2, 3)
    def main(): pass
    def test_attention(): pass
    class Meta(type):
        def __getattribute__(self, name): raise ValueError(name)
    class Strange(metaclass=Meta): pass
    """
    assert code(text).signature.name == "MyAttn"
    assert code("def f(X): return X\ndef _g(X): return X").signature.name == "f"
    assert code("attend = lambda X: X").signature.name == "attend"
    assert code("class MHA:\n  def __call__(self, X): return X").signature.name == "MHA"


@pytest.mark.skipif(sys.version_info < (3, 14), reason="annotations were evaluated at once")
@POSIX
def test_annotations_need_not_be_there(code):
    assert code("def attention(X: Missing): return X").signature.parameters[0].name == "X"


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("Plain", "a X"),
        ("Plain.other", "a Y"),
        ("Plain.static", "Z"),
        ("Plain.made", "W"),
        ("Static", "X"),
        ("Inner.Deep.call", "V"),
        ("thing.forward", "X"),
        ("thing.other", "Y"),
        ("wrapped", "X"),
        ("half", "X Y"),
        ("named", "X"),
        ("Data", "heads X"),
        ("Decorated", "a X"),
    ],
)
@POSIX
def test_whatever_can_be_called_has_a_signature(code, name, parameters):
    text = """
    import functools
    from dataclasses import dataclass
    import numpy as np
    class Plain:
        def __init__(self, a=2): self.a = a
        def forward(self, X): return self.a * X
        def other(self, Y): return self.a * Y
        @staticmethod
        def static(Z): return 2 * Z
        @classmethod
        def made(cls, W): return 2 * W
    class Static:
        @staticmethod
        def forward(X): return 2 * X
    class Inner:
        class Deep:
            def call(self, V): return 2 * V
    thing = Plain()
    def wrap(function):
        @functools.wraps(function)
        def only_in_order(*arguments): return function(*arguments)
        return only_in_order
    @wrap
    def wrapped(X): return 2 * X
    half = functools.partial(lambda X, Y: Y * X, Y=2)
    named = lambda X: 2 * X
    def plainly(method):
        def wrapper(self, X): return method(self, X)
        return wrapper
    class Decorated(Plain):
        forward = plainly(Plain.forward)
    @dataclass
    class Data:
        heads: int = 2
        def __call__(self, X): return self.heads * X
    """
    program = code(text, name)
    assert " ".join(one.name for one in program.signature.parameters) == parameters
    assert program.signature.name == name
    outcome = program.call({program.signature.parameters[0 if name == "half" else -1].name: X})
    np.testing.assert_array_equal(outcome.values[0][1], 2 * X)


@POSIX
def test_a_file_is_run_as_if_it_were_imported(code, tmp_path):
    (tmp_path / "helper.py").write_text("two = 2\n")
    (tmp_path / "numpy.py").write_text("raise SystemExit\n")
    text = """
    import sys
    import numpy as np
    from helper import two
    def attention(X: int):
        print(__name__, sys.argv, __file__)
        return attention.__annotations__["X"]() + two * X
    if __name__ == "__main__":
        raise SystemExit
    """
    program = code(text)
    np.testing.assert_array_equal(program.call({"X": X}).values[0][1], 2 * X)
    path = str(tmp_path / "mine.py")
    assert program.printed == f"mine {[path]} {path}\n"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["helper.py", "mine.py", "numpy.py"]


@POSIX
def test_a_file_of_a_package_finds_its_neighbours(code, tmp_path):
    package = tmp_path / "gói của tôi" / "inner"
    package.mkdir(parents=True)
    (tmp_path / "gói của tôi" / "__init__.py").write_text("from .inner.mine import attention")
    (package / "__init__.py").write_text("")
    (package / "helper.py").write_text("two = 2\n")
    text = """
    import os
    from .helper import two
    import helper
    os.chdir("/")
    def attention(X): return two * X
    """
    program = code(text, file="gói của tôi/inner/mine.py")
    np.testing.assert_array_equal(program.call({"X": X}).values[0][1], 2 * X)


@POSIX
def test_a_name_that_python_has_too_does_no_harm(code):
    text = """
    from dataclasses import dataclass
    @dataclass
    class Result:
        O: 'X'
    def attention(X):
        return Result(X)
    """
    program = code(text, file="types.py")
    np.testing.assert_array_equal(program.call({"X": X}).values[0][1], X)


@pytest.mark.parametrize(
    ("text", "name", "says", "line", "column"),
    [
        ("def f(X):\n    return X +\n", None, "this is not Python: invalid syntax", 2, 15),
        ("x = 1\nx = 'ế' +* 2\n", None, "this is not Python: invalid syntax", 2, 10),
        ("x = 1\n  y = 2\n", None, "this is not Python: unexpected indent", 2, None),
        ("print 'x'", None, "this is not Python: Missing parentheses in call to 'print'", 1, 1),
        (
            b"x = '\xff'\n",
            None,
            "this is not Python: invalid or missing encoding declaration",
            1,
            None,
        ),
        (b"\x7fELF\x00\x01", None, "this is not Python: ", None, None),
        ("(" * 1000, None, "this is not Python: ", None, None),
        ("-" * 100_000 + "1", None, "this is not Python: ", None, None),
        ("import os\n\nimport no_such\n", None, "running this file fails: ModuleNotFoundError: No mod", 3, 1),
        (
            "def f():\n  1/0\nf()\n",
            None,
            "running this file fails: ZeroDivisionError: division by zero",
            2,
            1,
        ),
        ("input()\n", None, "running this file fails: EOFError", 1, 1),
        ("import sys\nsys.exit(3)\n", None, "running this file ends the program: 3", 2, 1),
        ("import os\nos._exit(3)\n", None, "running this file ends the program: 3", 0, 0),
        ("import os\nos.kill(os.getpid(), 11)\n", None, "running this file ends the program: SIGSEGV", 0, 0),
        ("", None, "there is no function in this file", 0, 0),
        ("x = 1\nfrom math import sqrt\n", None, "there is no function in this file", 0, 0),
        ("def f(): pass\ndef g(): pass\n", None, "which is meant: f or g?", 0, 0),
        ("def attn(X): pass\ndef mha(): pass\ndef f(): pass\n", None, "which is meant: attn or mha?", 0, 0),
        ("def attention(X): pass\n", "atention", "there is no 'atention' in this file", 0, 0),
        ("def attention(X): pass\n", "a..b c\x1b", "there is no 'a..b c\\\\x1b' in this file", 0, 0),
        ("x = 1", "x", "x is no function", 0, 0),
        ("class A: pass", "A", "the class A has neither forward nor __call__", 0, 0),
        ("f = iter", "f", "the parameters of f cannot be told", 0, 0),
        ("def __getattr__(name): 1 / 0\n", "f", "running this file fails: ZeroDivisionError", 0, 0),
    ],
    ids=range(24),
)
@POSIX
def test_a_file_that_cannot_be_used_says_why(code, text, name, says, line, column):
    with pytest.raises(AttnError) as caught:
        code(text, name).signature  # noqa: B018 - it waits for it
    error = caught.value
    assert error.message.startswith(says)
    assert error.where.source.endswith("mine.py")
    assert line in (None, error.where.line)
    assert column in (None, error.where.column)


@POSIX
def test_hints_say_what_there_is(code):
    many = "\n".join(f"def f{i}(): pass" for i in range(99))
    for text, name, says in [
        ("def attention(X): pass\n", "atention", "; it has attention (did you mean 'attention'?)"),
        ("def attention(X): pass\ndef f(): pass", "softmax", "; it has attention, f"),
        ("x = 1\n", "softmax", "; it has no function"),
        (many, "softmax", ", f11, …"),
        (many, None, ", f11 or …? (name one: {file}:f0)"),
    ]:
        program = code(text, name)
        with pytest.raises(AttnError) as caught:
            program.signature  # noqa: B018
        assert str(caught.value).endswith(says.replace("{file}", program.file))


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    large = tmp_path / "large.py"
    large.write_bytes(b"#" * (process.LARGEST + 1))
    (tmp_path / "folder.py").mkdir()
    for name, says in [
        ("none.py", "there is no file"),
        ("folder.py", "cannot be read: Is a directory"),
        ("large.py", "is larger than 10 MiB"),
        ("\0.py", "cannot be read"),
    ]:
        with pytest.raises(AttnError, match=says):
            Program.of_file(tmp_path / name, None, Limits())


@POSIX
def test_a_file_that_does_not_come_to_its_end_is_a_timeout(code):
    program = code("print('here')\nwhile True: pass\n", "attention", seconds=0.2)
    signature = program.signature
    assert (signature.name, [one.name for one in signature.parameters]) == ("attention", ["Q", "K", "V"])
    assert program.call({"Q": X})[:3] == ("timeout", (), "it gives no result in time")
    assert program.printed == "here\n"


TORCH = """
import numpy
threads = []
set_num_threads = threads.append
manual_seed = lambda seed: None
class Tensor:
    def __init__(self, array): self.array = array
    def detach(self): return self.array
def from_numpy(array): return Tensor(array)
class nn:
    class Module:
        def double(self): self.ready = ["double"]; return self
        def eval(self): self.ready.append("eval")
"""
USES_TORCH = """
import torch
class Attention(torch.nn.Module):
    def __call__(self, *arguments): raise NotImplementedError
    def forward(self, X, mask, heads):
        assert self.ready == ["double", "eval"] and torch.threads == [1] and heads == 2
        assert isinstance(X, torch.Tensor) and X.array.dtype == float and mask.array.dtype == bool
        X.array += 1
        return X
"""


@pytest.mark.parametrize("installed", [True, False])
@POSIX
def test_torch_gets_tensors(code, tmp_path, monkeypatch, installed):
    (tmp_path / "torch.py").write_text(TORCH if installed else "raise ImportError")
    monkeypatch.syspath_prepend(tmp_path)
    program = code(USES_TORCH, arrays="torch")
    if not installed:
        with pytest.raises(AttnError, match="torch is not installed here"):
            program.signature  # noqa: B018
        return
    outcome = program.call({"X": X, "mask": X > 1, "heads": 2})
    assert outcome.kind == "returned", outcome
    np.testing.assert_array_equal(outcome.values[0][1], X + 1)
    assert outcome.changed == ("X",)


@POSIX
def test_torch_of_this_process_uses_one_thread(monkeypatch):
    class Torch:
        count = 2

        def set_num_threads(self, count):
            self.count = count

        def manual_seed(self, seed):
            pass

    torch = Torch()
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert called(lambda: torch.count).values[0][1] == 1
    assert torch.count == 2


@pytest.fixture
def _without_fork(monkeypatch):
    if hasattr(os, "fork"):
        monkeypatch.delattr(os, "fork")


@pytest.mark.usefixtures("_without_fork")
def test_without_fork_a_thread_does_it():
    before = descriptors()
    with Program.of_function(split, Limits()) as program:
        outcome = program.call({"X": X})
        assert program.signature.name == "split"
        assert program.unbounded == ("time", "memory")
        assert program.threads == 0
        assert [name for name, _ in outcome.values] == ["out", "attn"]
        assert program.call({}).says.startswith("TypeError")
    until = time.monotonic() + 5
    while descriptors() != before and time.monotonic() < until:
        time.sleep(0.005)
    assert descriptors() == before


@pytest.mark.usefixtures("_without_fork")
def test_without_fork_a_thread_that_hangs_is_left_behind():
    go_on = threading.Event()

    def function(wait):
        if wait:
            go_on.wait(20)
        return X

    before = descriptors()
    with Program.of_function(function, Limits(seconds=1.2)) as program:
        assert program.call({"wait": True}).kind == "timeout"
        assert program.call({"wait": False}).kind == "returned"
    go_on.set()
    until = time.monotonic() + 5
    while descriptors() != before and time.monotonic() < until:
        time.sleep(0.005)
    assert descriptors() == before


WHOLE = """
import sys
loaded = sorted(sys.modules)
import os
def attention(X):
    print(*(name for name in loaded if "." not in name))
    print(os.environ["OPENBLAS_NUM_THREADS"], os.environ["OMP_NUM_THREADS"])
    return X
"""
ALLOWED = "__future__ json _json resource _queue __main__ linecache warnings contextlib"


def test_a_process_of_its_own_loads_numpy_and_hardly_more(tmp_path, monkeypatch):
    mine = tmp_path / "mine.py"
    mine.write_text(WHOLE)
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    before = descriptors()
    plain = "import numpy, inspect, sys; print(*sys.modules)"
    numpy = subprocess.run([sys.executable, "-c", plain], capture_output=True, check=True, text=True)
    with Program.of_file(mine, None, Limits()) as program:
        assert program.signature.file == str(mine)
        assert dict(program.call({"X": X}).values)[""].tolist() == X.tolist()
        assert program.unbounded == (() if sys.platform == "linux" else ("memory",))
        loaded, threads = program.printed.splitlines()
        pid = program.child.process.pid
    extra = set(loaded.split()) - set(numpy.stdout.split()) - set(ALLOWED.split())
    assert extra == {"mine"}
    assert threads == "1 3"
    assert gone(pid)
    assert descriptors() == before


def test_a_process_that_cannot_start_is_an_error(tmp_path, monkeypatch):
    mine = tmp_path / "mine.py"
    mine.write_text("def attention(X): return X\n")
    monkeypatch.setattr(process, "LOADER", "raise MemoryError('no room')")
    with Program.of_file(mine, None, Limits()) as program, pytest.raises(AttnError) as caught:
        program.signature  # noqa: B018
    assert (caught.value.message, caught.value.hint) == (
        "could not start another process",
        "MemoryError: no room",
    )
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    with pytest.raises(AttnError, match="could not start another process"):
        Program.of_file(mine, None, Limits())
