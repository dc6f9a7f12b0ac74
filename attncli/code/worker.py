"""What runs in the other process: it loads a file, calls a function of it and sends back what that returns.

It imports the standard library and NumPy alone, so that it starts fast and holds no answers. Requests come
through its standard input and replies leave through its standard output; both are moved away before anybody's
code runs, whose own output goes where standard error went.

A message is a JSON object and the bytes of arrays, whose types and shapes stand in it. Nothing is pickled,
and whoever reads a message believes none of its lengths. Ten arrays as .npy take a millisecond to read, most
of it for their headers; these take a tenth of that.
"""

from __future__ import annotations

import ast
import inspect
import io
import json
import linecache
import math
import os
import struct
import sys
import warnings
from _queue import SimpleQueue  # queue itself would load threading
from _thread import start_new_thread
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from types import CodeType, ModuleType

    Message = tuple[dict[str, Any], dict[str, Any]]


MOST_NUMBERS = 2**24  # that are taken over from one call
MOST_ARRAYS = 200
LONGEST_TEXT = 500
START = struct.Struct("!4sIQ")  # before a message: MAGIC, the bytes of its JSON and of its arrays
MAGIC = b"attn"
LONGEST_JSON = 2**26
LONGEST = MOST_NUMBERS * 8 + 2**20
TYPES = frozenset(["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"])
METHODS = ("forward", "__call__")  # of a class, the first that it has
SPEAKING = ("attention", "attn", "attend", "mha", "sdpa")
KINDS = {"POSITIONAL_OR_KEYWORD": "positional", "KEYWORD_ONLY": "keyword"}  # the others' names are plain
LARGEST_FILE = 64 * 2**20  # that the code may write


# Messages


def pack(head: dict[str, Any], arrays: Mapping[str, Any] | None = None) -> bytes:
    """Return a message."""
    values = {name: np.asarray(value) for name, value in (arrays or {}).items()}
    layout = [(name, value.dtype.str, value.shape) for name, value in values.items()]
    body = b"".join(value.tobytes() for value in values.values())
    text = json.dumps({**head, "arrays": layout}).encode()
    return START.pack(MAGIC, len(text), len(body)) + text + body


def lengths(start: bytes) -> tuple[int, int]:
    """Return the lengths of the two parts of a message that begins so; raises ValueError where it is none."""
    magic, text, body = START.unpack(start)
    if magic != MAGIC or text > LONGEST_JSON or body > LONGEST:
        raise ValueError(MAGIC)
    return text, body


def unpack(text: bytes, body: bytes) -> Message:
    """Return a message: its object and its arrays, which can be written into.

    Raises one of several exceptions where it is none.
    """
    head = json.loads(text)
    arrays: dict[str, Any] = {}
    at = 0
    for name, dtype, shape in head.pop("arrays"):
        size = math.prod(shape) * int(dtype[2:])
        if dtype[1:] not in TYPES or not 0 <= size <= len(body) - at or len(arrays) == MOST_ARRAYS:
            raise ValueError(dtype)
        arrays[name] = np.frombuffer(bytearray(body[at : at + size]), dtype).reshape(shape)
        at += size
    return head, arrays


def messages(descriptor: int) -> Iterator[Message]:
    """Yield the messages that come through a pipe."""
    with open(descriptor, "rb", closefd=False) as stream:
        while start := stream.read(START.size):
            text, body = lengths(start)
            yield unpack(stream.read(text), stream.read(body))


def send(descriptor: int, message: bytes) -> None:
    """Write a message into a pipe, without a buffer: what nobody reads must not be written once more."""
    left = memoryview(message)
    while left:
        left = left[os.write(descriptor, left) :]


# The process


def main() -> None:
    """Answer requests about a file until nobody is left to ask."""
    requests, replies, printed = os.dup(0), os.dup(1), os.dup(2)
    unbounded = isolate(printed, int(sys.argv[2]), int(sys.argv[3]))
    serve(in_background(requests), replies, load, unbounded, printed)


def main_forked(ends: tuple[int, int, int], bounds: tuple[int, int], function: Any) -> None:  # noqa: ANN401
    """Answer requests about a function of the process that this one was forked from."""
    import fcntl  # noqa: PLC0415 - Windows has none

    # Where the other process has closed its standard streams, the pipes may have their numbers.
    requests, replies, printed = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 3) for end in ends)
    unbounded = isolate(printed, *bounds)
    if "faulthandler" in sys.modules:
        sys.modules["faulthandler"].disable()  # it would write where the other process wants it
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    serve(in_background(requests), replies, lambda _head: wrap(function), unbounded, printed)


def main_beside(requests: int, replies: int, function: Any) -> None:  # noqa: ANN401
    """Answer requests in a thread of the process that makes them; nothing can be bounded there."""
    with suppress(Exception):  # nobody waits any longer
        serve(messages(requests), replies, lambda _head: wrap(function), ["time", "memory"])
    os.close(requests)
    os.close(replies)


def isolate(printed: int, seconds: int, memory: int) -> list[str]:
    """Keep this process and its streams apart and bound it; return what could not be bounded."""
    if hasattr(os, "setsid"):
        with suppress(OSError):  # it has been done already
            os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - a descriptor
    connect(printed)
    sys.stdout, sys.stderr = writer(1), writer(2)
    warnings.simplefilter("ignore")  # they would count as printed, or be errors as they are in a test suite
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return ["memory"]
    bounds = {resource.RLIMIT_CORE: 0, resource.RLIMIT_CPU: seconds, resource.RLIMIT_FSIZE: LARGEST_FILE}
    if sys.platform == "linux":  # what can be written counts: libraries map gigabytes that they never use
        bounds[resource.RLIMIT_DATA] = memory + used()
    elif sys.platform != "darwin":  # which heeds no limit of memory
        bounds[resource.RLIMIT_AS] = memory
    for which, bound in bounds.items():
        hard = resource.getrlimit(which)[1]
        most = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(which, (most, most))
    return ["memory"] if sys.platform == "darwin" else []


def used() -> int:
    """Return how many bytes this process can write already, where the system tells."""
    with suppress(OSError), open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - pathlib is not loaded
        return int(file.read().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def connect(printed: int) -> None:
    """Let the standard streams lead to where they are read, whatever the code has done to them."""
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        if getattr(getattr(sys, name), "closed", False):
            setattr(sys, name, writer(descriptor))


def writer(descriptor: int) -> io.TextIOWrapper:
    """Return a stream into which anybody can print anything; it shows everything at once."""
    file = io.FileIO(descriptor, "w", closefd=False)
    return io.TextIOWrapper(file, encoding="utf-8", errors="replace", write_through=True)


def in_background(requests: int) -> Iterator[Message]:
    """Yield requests that a thread takes in: it sees at any time that nobody is left to ask."""
    queue: SimpleQueue[Message] = SimpleQueue()
    start_new_thread(receive, (requests, queue))
    return iter(queue.get, None)


def receive(requests: int, queue: SimpleQueue[Message]) -> None:
    """Take requests in; when no more can come, end this process and all that it has started."""
    with suppress(Exception):  # half a message is none
        for message in messages(requests):
            queue.put(message)
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, 9)
    os._exit(1)


def serve(
    requests: Iterator[Message],
    replies: int,
    open_target: Callable[[dict[str, Any]], Target],
    unbounded: list[str],
    printed: int | None = None,
) -> None:
    """Answer one request after the other: the first opens what is to be called, the others call it."""
    target: Target | None = None
    process = os.getpid()
    send(replies, pack({"kind": "ready"}))
    for head, arrays in requests:
        if printed is not None:  # this process is ours alone
            connect(printed)
            seed()
        if target is None:
            target, reply = opened(open_target, head)
            message = pack({**reply, "unbounded": unbounded})
        else:
            message = pack(*target.call({**head, **arrays}))
        if os.getpid() != process:  # the code has forked, and this is the other one
            os._exit(0)
        send(replies, message)


def opened(
    open_target: Callable[[dict[str, Any]], Target], head: dict[str, Any]
) -> tuple[Target | None, dict[str, Any]]:
    """Return what is to be called and the reply that tells its parameters, or nothing and why."""
    try:
        tensors = head["tensors"]
        if tensors:
            prepare_torch()
        target = open_target(head)
        target.tensors = tensors
        if "random" in source_of(target.path):
            import numpy.random  # noqa: F401, PLC0415 - else a call loads it, after seed()
    except Refused as refused:
        return None, refused.reply
    except BaseException as error:  # noqa: BLE001 - the code may do anything when it is looked at
        return None, {"kind": "raised", "says": one_line(error)}
    return target, target.signature()


def prepare_torch() -> None:
    """Load torch, which takes as many threads as there are processors unless it is told otherwise."""
    try:
        import torch  # type: ignore[import-not-found]  # noqa: PLC0415
    except ImportError:
        raise Refused("torch") from None
    torch.set_num_threads(1)


# The file, and the function in it


class Refused(Exception):  # noqa: N818 - it is no error of this program
    """What was asked for cannot be used, or what was returned; the reply says why."""

    def __init__(self, kind: str, says: str = "", **more: Any) -> None:  # noqa: ANN401
        super().__init__(kind)
        self.reply = {"kind": kind, "says": says[:LONGEST_TEXT], **more}


def load(head: dict[str, Any]) -> Target:
    """Run a file and find the function in it."""
    module = run(head["path"], head["source"])
    name = head["name"] or the_only_one(module)
    owner, thing, part = None, module, ""
    for part in name.split("."):
        if not hasattr(thing, part):
            raise Refused("missing", name=name, known=candidates(module))
        owner, thing = thing, getattr(thing, part)
    return target_of(thing, name, head["path"], owner, part)


def wrap(function: Any) -> Target:  # noqa: ANN401 - whatever can be called
    """Return a function of this process as what is to be called."""
    return target_of(function, getattr(function, "__name__", type(function).__name__), file_of(function))


def target_of(thing: Any, name: str, path: str, owner: Any = None, part: str = "") -> Target:  # noqa: ANN401
    """Return what is to be called: a function, or a method of a new object of a class."""
    if isinstance(thing, type):
        part = next((method for method in METHODS if method in dir(thing)), "")
        if not part:
            raise Refused("no-call", name=name)
        owner, thing = thing, getattr(thing, part)
    if not callable(thing):
        raise Refused("not-callable", name=name)
    of_class = (staticmethod, classmethod, type)
    if not isinstance(owner, type) or isinstance(inspect.getattr_static(owner, part), of_class):
        owner = None  # no object is needed
    return Target(thing, name, path, owner, part)


def run(path: str, source: str) -> ModuleType:
    """Run a file as a module of the file's name, with its folder first among those of modules."""
    folder, base = os.path.split(path)
    name = base.removesuffix(".py")
    if name in sys.modules:
        name = f"_{name}"
    module = type(sys)(name)
    module.__file__ = path
    sys.modules[name] = module
    sys.path.insert(0, folder)
    package: list[str] = []
    while os.path.isfile(os.path.join(folder, "__init__.py")):  # noqa: PTH113, PTH118 - pathlib is not loaded
        folder, part = os.path.split(folder)
        package.insert(0, part)
    if package:  # for relative imports
        module.__package__ = ".".join(package)
        sys.path.append(folder)
    sys.argv = [path]
    sys.dont_write_bytecode = True  # a folder that is looked at stays as it is
    linecache.cache[path] = len(source), None, source.splitlines(keepends=True), path
    try:
        code = compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise Refused("syntax", error.msg, line=error.lineno or 0, column=error.offset or 0) from None
    except (ValueError, MemoryError, RecursionError, OverflowError) as error:
        raise Refused("syntax", one_line(error)) from None
    try:
        exec(code, module.__dict__)  # noqa: S102 - it is what this process is for
    except BaseException as error:  # noqa: BLE001 - whatever the code raises
        raise Refused(**failure(error, path)) from None
    return module


def candidates(module: ModuleType) -> list[str]:
    """Return the names of the module's own functions, and classes whose objects can be called."""
    names = []
    for name, thing in list(vars(module).items()):
        with suppress(Exception):  # what a module holds may be anything
            own = thing.__module__ == module.__name__
            usable = any(one in dir(thing) for one in METHODS) if isinstance(thing, type) else callable(thing)
            if own and usable:
                names.append(name)
    return names


def the_only_one(module: ModuleType) -> str:
    """Return the name that speaks of attention, or else the only public one; what they call is a helper."""
    names = candidates(module)
    public = [name for name in names if not name.startswith(("_", "test_"))] or names
    speaking = [name for name in public if any(word in name.lower() for word in SPEAKING)]
    found = speaking or public
    if not found:
        raise Refused("nothing")
    called = {name: names_in(getattr(module, name)) - {name} for name in found}
    found = [name for name in found if not any(name in called[other] for other in found)] or found
    if len(found) > 1:
        raise Refused("several", known=found)
    return found[0]


def names_in(thing: Any) -> set[str]:  # noqa: ANN401 - whatever can be called
    """Return the names that the code of a function, or of a class' methods, mentions."""
    methods = vars(thing).values() if inspect.isclass(thing) else ()
    codes = [code for code in map(code_of, (thing, *methods)) if code]
    for code in codes:  # which grows by what is defined inside
        codes += filter(inspect.iscode, code.co_consts)
    return {name for code in codes for name in code.co_names}


def code_of(thing: Any) -> CodeType | None:  # noqa: ANN401 - whatever can be called
    """Return the code that runs in the end: behind decorators, or of an object's method."""
    for one in (thing, *(getattr(thing, name, None) for name in ("func", *METHODS))):
        with suppress(ValueError):  # decorators that go round in a circle
            code = getattr(inspect.unwrap(one), "__code__", None)
            if inspect.iscode(code):
                return code
    return None


def file_of(thing: Any) -> str:  # noqa: ANN401 - whatever can be called
    """Return the file in which something that can be called is defined, if that is known."""
    code = code_of(thing)
    return code.co_filename if code else ""


def source_of(path: str) -> str:
    """Return the text of a file, which need not be there any more."""
    return "".join(linecache.getlines(path))


class Target:
    """What is called by the names of its parameters: a function, or a method of a new object of ``owner``."""

    def __init__(self, function: Any, name: str, path: str, owner: Any, method: str) -> None:  # noqa: ANN401
        self.function, self.name, self.path, self.owner, self.method = function, name, path, owner, method
        self.tensors = False
        self.idle = threads()
        self.made = self.parameters(owner) if owner else []
        self.asked = self.parameters(function)[1 if owner else 0 :]

    def parameters(self, thing: Any) -> list[inspect.Parameter]:  # noqa: ANN401 - a function or a class
        """Return the parameters of a function or a class."""
        options: dict[str, Any] = {}
        if sys.version_info >= (3, 14):  # what annotations name need not be there
            import annotationlib  # noqa: PLC0415 - inspect has loaded it

            options["annotation_format"] = annotationlib.Format.FORWARDREF
        try:
            return list(inspect.signature(thing, **options).parameters.values())
        except (ValueError, TypeError):
            raise Refused("no-signature", name=self.name) from None

    def signature(self) -> dict[str, Any]:
        """Return the reply that tells the parameters: those of the class and of its method together."""
        merged: dict[str, str] = {}
        for one in (*self.made, *self.asked):
            kind = KINDS.get(one.kind.name) or one.kind.name.lower().replace("_", "-")
            required = one.default is one.empty and "var" not in kind
            before = merged.get(one.name, "0")[-1]
            merged[one.name] = f"{one.name} {kind} {'1' if required else before}"
        return {"kind": "signature", "name": self.name, "parameters": list(merged.values())}

    def call(self, given: dict[str, Any]) -> Message:
        """Call the function with copies of what was given; return the reply and its arrays."""
        copies = {name: value.copy() if is_array(value) else value for name, value in given.items()}
        arrays: dict[str, Any] = {}
        try:
            arrays = arrays_of(self.result(copies), partial(returned_names, code_of(self.function)))
            reply: dict[str, Any] = {"kind": "returned"}
        except Refused as refused:
            reply = refused.reply
        except BaseException as error:  # noqa: BLE001 - whatever the code raises
            reply = failure(error, self.path)
        reply["changed"] = [name for name, value in given.items() if differs(value, copies[name])]
        reply["threads"] = max(0, threads() - self.idle)
        return reply, arrays

    def result(self, values: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever is returned
        """Return what the function returns."""
        torch = sys.modules.get("torch")
        if self.tensors and torch:  # a tensor shares its numbers with the array
            values = {
                name: torch.from_numpy(value) if is_array(value) else value for name, value in values.items()
            }
        function = self.function
        if self.owner:
            thing = self.pass_to(self.owner, self.made, values)
            if torch and isinstance(thing, torch.nn.Module):
                thing.double().eval()  # ready to be asked and not to learn
            function = getattr(thing, self.method)
        return self.pass_to(function, self.asked, values)

    def pass_to(self, function: Any, parameters: Sequence[inspect.Parameter], values: dict[str, Any]) -> Any:  # noqa: ANN401
        """Call a function with the values that it has parameters for, as many as can be without names."""
        first: list[Any] = []
        named: dict[str, Any] = {}
        in_order = True
        for one in parameters:
            given = one.name in values
            in_order = in_order and given and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
            if in_order:
                first.append(values[one.name])
            elif given and one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY):
                named[one.name] = values[one.name]
            elif one.kind is one.VAR_KEYWORD and parameters is self.asked:
                known = {one.name for one in (*self.made, *self.asked)}
                named |= {name: value for name, value in values.items() if name not in known}
        return function(*first, **named)


def seed() -> None:
    """Let random numbers be the same in every run, where they are drawn from what all share."""
    for name, function in (("random", "seed"), ("numpy.random", "seed"), ("torch", "manual_seed")):
        if name in sys.modules:
            getattr(sys.modules[name], function)(0)


def is_array(value: Any) -> bool:  # noqa: ANN401 - an argument
    """Whether an argument is an array."""
    return isinstance(value, np.ndarray)


def differs(before: Any, after: Any) -> bool:  # noqa: ANN401 - an argument
    """Whether an array is not what it was; NaN equals NaN."""
    same = not is_array(before) or (before.shape == after.shape and before.tobytes() == after.tobytes())
    return not same and not np.array_equal(before, after, equal_nan=True)


def threads() -> int:
    """Return how many threads of Python are running."""
    count: int = getattr(sys.modules.get("threading"), "active_count", lambda: 1)()
    return count


# Errors


def failure(error: BaseException, path: str) -> dict[str, Any]:
    """Return the reply that the code has raised something, and on which line of its file."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SystemExit):
        code = 0 if error.code is None else error.code
        return {"kind": "exited", "says": " ".join(str(code).split())[:LONGEST_TEXT], "line": line}
    kind = "exited" if isinstance(error, KeyboardInterrupt) else "raised"
    return {"kind": kind, "says": one_line(error), "line": line}


def one_line(error: BaseException) -> str:
    """``ValueError: shapes do not fit``."""
    try:
        text = " ".join(str(error).split())
    except BaseException:  # noqa: BLE001 - it is somebody's __str__
        text = ""
    name = type(error).__name__
    return (f"{name}: {text}" if text else name)[:LONGEST_TEXT]


# Results


def arrays_of(result: Any, names: Callable[[int], list[str]]) -> dict[str, Any]:  # noqa: ANN401
    """Return the arrays of a result by name; ``names`` tells those of so many in a row."""
    parts = parts_of(result)
    if parts is None and isinstance(result, list | tuple):
        written = names(len(result))
        # A list of what fits together is one array, and so is a tuple of rows.
        rows = isinstance(result, list) or all(isinstance(row, tuple | int | float) for row in result)
        if rows and not written:
            with suppress(Refused):
                return {"": as_array(result)}
        parts = dict(zip(written or map(str, range(len(result))), result, strict=True))
    if parts is None:
        return {"": as_array(result)}
    arrays: dict[str, Any] = {}
    refused: Refused | None = None
    inner = [pair for name, part in parts.items() for pair in (parts_of(part) or {name: part}).items()]
    for name, value in inner[:MOST_ARRAYS]:
        try:
            arrays.setdefault(name[:100], as_array(value))
        except Refused as one:
            refused = refused or one
    if not arrays:
        raise refused or Refused("empty")
    if (total := sum(array.size for array in arrays.values())) > MOST_NUMBERS:
        raise Refused("large", str(total))
    return arrays


def parts_of(result: Any) -> dict[str, Any] | None:  # noqa: ANN401
    """Return what a dict, a named tuple or a dataclass holds; None where it is none of them."""
    if isinstance(result, Mapping):
        return {str(name): value for name, value in result.items()}
    fields = getattr(type(result), "_fields", None) or getattr(type(result), "__dataclass_fields__", None)
    return {name: getattr(result, name) for name in fields} if fields else None


def as_array(value: Any) -> Any:  # noqa: ANN401 - whatever was returned
    """Return what holds numbers as an array; raises Refused where it holds none."""
    array = np.asarray(from_list(value) if isinstance(value, list | tuple) else from_library(value))
    kind = array.dtype.kind
    if kind not in "biuf":
        words = {"c": "complex", "U": "text", "S": "text"}
        raise Refused(words.get(kind, "objects" if is_array(value) else "object"), type(value).__name__)
    if array.size > MOST_NUMBERS:
        raise Refused("large", str(array.size))
    # A long double is not the same everywhere, and nobody needs to know another order of bytes.
    dtype = np.dtype(float) if array.dtype.itemsize > 8 else array.dtype.newbyteorder("=")  # noqa: PLR2004
    return array.astype(dtype, copy=False)


def from_library(value: Any) -> Any:  # noqa: ANN401 - whatever was returned
    """Return what a tensor of whatever library holds."""
    if value is None:
        raise Refused("none")
    if isinstance(value, np.ma.MaskedArray):
        return value.filled(0)  # what is masked counts nothing
    for method in ("detach", "cpu", "numpy"):
        if "bfloat16" in str(getattr(value, "dtype", "")) and hasattr(value, "float"):
            value = value.float()  # NumPy has no such type
        if callable(getattr(value, method, None)):
            value = getattr(value, method)()
    own = getattr(value, "data", None)  # of a class of tensors or of numbers that somebody has written
    if isinstance(own, np.ndarray | int | float | list) and not hasattr(value, "__array__"):
        return own
    return value


def from_list(value: Sequence[Any]) -> Any:  # noqa: ANN401
    """Return a list of numbers, of lists, of arrays or of tensors as one array."""
    if not value:
        raise Refused("empty")
    with suppress(ValueError, TypeError, RuntimeError):
        array = np.asarray(value)
        if array.dtype.kind != "O":
            return array
    parts = [as_array(part) for part in value]
    if len({part.shape for part in parts}) > 1:
        raise Refused("ragged")
    return np.stack(parts)


@cache
def returned_names(code: CodeType | None, count: int) -> list[str]:
    """Return the plain names in a function's last ``return out, attn`` of so many, also ``self.attn``."""
    try:
        tree = ast.parse(source_of(code.co_filename) if code else "")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef) or not code or node.name != code.co_name:
            continue
        if min([node.lineno, *(one.lineno for one in node.decorator_list)]) == code.co_firstlineno:
            lists = [one for one in returns(node.body) if isinstance(one, ast.Tuple | ast.List)]
            last = next((one.elts for one in reversed(lists) if len(one.elts) == count), [])
            names = [str(getattr(one, "id", getattr(one, "attr", ""))) for one in last]
            return names if all(names) and len(set(names)) == count else []
    return []


def returns(body: Iterable[ast.AST]) -> Iterator[ast.AST | None]:
    """Yield what the return statements give in order, but not those of functions inside."""
    for node in body:
        if isinstance(node, ast.Return):
            yield node.value
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from returns(ast.iter_child_nodes(node))
