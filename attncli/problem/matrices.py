"""A matrix of a config, whichever way it is given: written out, drawn by an initialiser, or in a file."""

from __future__ import annotations

import io
import math
import warnings
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np

from attncli.errors import AttnError
from attncli.files import MAX_BYTES, open_read
from attncli.language import N_, _
from attncli.page.lying import turn
from attncli.problem.dimensions import MAX_AXES
from attncli.problem.document import Leaf, Mapping, Node, Scalar, Sequence, kind
from attncli.problem.keys import refuse_unknown
from attncli.problem.numbers import array, as_number, cell, from_array, minus_infinite, whole
from attncli.report import did_you_mean

if TYPE_CHECKING:
    from pathlib import Path
    from zipfile import ZipFile

    from numpy.typing import NDArray

    from attncli.ops.op import Array
    from attncli.problem.initialise import Init
    from attncli.problem.parts import Part
    from attncli.report import Report


HOW = N_("write rows of numbers, {file: weights.npz, key: Wq}, or {init: xavier_uniform}")
MAX_ARRAY_BYTES = 2**28
MAX_HEADER = 2**16  # bytes of an array's file besides its numbers
MAX_ARRAYS = 500
MAX_CSV_CELLS = 1_000_000
TENSORS = ".safetensors"
SEVERAL = (".npz", TENSORS)  # endings of files that hold several arrays
SUFFIXES = (".npy", ".csv", *SEVERAL)


class Drawn(NamedTuple):
    """A matrix still to be drawn, when its shape is known."""

    init: Init
    shape: tuple[int, ...] | None
    node: Node

    @property
    def turned(self) -> Drawn:
        """The same matrix, its shape written with tokens as columns."""
        return self._replace(shape=turn(self.shape))

    def fill(self, name: str, symbol: str, shape: tuple[int, ...], report: Report) -> Array | None:
        """Draw it; None, and an error in the report, where it cannot be drawn."""
        try:
            return self.init.fill(symbol, shape)
        except AttnError as error:
            report.error(self.node, f"{name}: {error.message}", error.hint)
            return None


def read_matrix(
    node: Node,
    name: str,
    folder: Path,
    report: Report,
    *,
    minus_infinity: bool = False,
    blank_rows: bool = False,
    blank_cells: bool = False,
) -> Array | Drawn | None:
    """Read a matrix; None, and errors in the report, where that fails."""
    if not isinstance(node, Mapping):
        return array(
            node,
            name,
            report,
            minus_infinity=minus_infinity,
            blank_rows=blank_rows,
            blank_cells=blank_cells,
        )
    if "init" in node.pairs:
        return read_init(node, name, report)
    from attncli.problem.parts import PART, read_part  # noqa: PLC0415 - most matrices are written out

    file, key = node.get("file"), node.get("key")
    if file is None:
        report.error(node, _("{name} is a mapping without a file", name=name), _(HOW))
    elif not isinstance(file, Scalar):
        report.error(file, _("{name} has the file {found}", name=name, found=kind(file)), _(HOW))
    refuse_unknown(node, name, ("file", "key", *PART), report)
    part = read_part(node, name, report)
    if not isinstance(key, Scalar | None):
        message = _("{name}: key is {found}; expected a word", name=name, found=kind(key))
        report.error(key, message, _(HOW))
        return None
    if not isinstance(file, Scalar) or part is None:
        return None
    try:
        found = read_array(folder, file.text, key.text if key else None, part)
    except AttnError as error:
        if error.where:  # which of the mapping's keys does not fit
            report.add(error)
        else:
            report.error(file, f"{name}: {error.message}", error.hint)
        return None
    leaf = Leaf(source=file.source, line=file.line, column=file.column, length=file.length, array=found)
    return from_array(leaf, name, report, minus_infinity=minus_infinity, nan=blank_rows)


def read_init(node: Mapping, name: str, report: Report) -> Drawn | None:
    """Read ``{init: xavier_uniform, shape: [4, 3], seed: 7}``."""
    from attncli.problem.initialise import METHODS, Init  # noqa: PLC0415 - few are drawn

    before = len(report.errors)
    method = node.get("init")
    text = method.text if isinstance(method, Scalar) else ""
    if text not in METHODS:
        hint = did_you_mean(text, METHODS, _("one of {known}", known=", ".join(METHODS)))
        message = _("{name}: there is no initialiser {method!r}", name=name, method=text[:40])
        report.error(method or node, message, hint)
        return None
    option = METHODS[text].option
    known = ("init", "shape", "seed", option) if option else ("init", "shape", "seed")
    refuse_unknown(node, f"{name} ({text})", known, report)
    seed = whole(node.get("seed"), f"{name}: seed", report, least=0, most=2**32 - 1)
    size, given = node.get(option) if option else None, node.get("shape")
    spread = 1.0 if size is None else cell(size, f"{name}: {option}", report)
    shape = None if given is None else read_shape(given, f"{name}: shape", report)
    return None if len(report.errors) > before else Drawn(Init(text, seed or 0, spread), shape, node)


def read_shape(node: Node, name: str, report: Report) -> tuple[int, ...] | None:
    """Read ``[rows, columns]``, or ``[columns]`` of a bias."""
    if not isinstance(node, Sequence) or not 1 <= len(node.items) <= MAX_AXES:
        message = _("{name} is {found}; expected two whole numbers", name=name, found=kind(node))
        report.error(node, message, _("write shape: [rows, columns]"))
        return None
    sizes = [whole(item, name, report, least=1, most=2**20) for item in node.items]
    return None if None in sizes else tuple(size or 1 for size in sizes)


def read_array(folder: Path, name: str, key: str | None, part: Part | None = None) -> NDArray[Any]:
    """Read one array, or a part of it, from a file in the config's folder or below it.

    Raises AttnError where the file is elsewhere, missing, of another kind, too large, or does not
    hold one array of numbers.
    """
    shown = repr(name[:80])
    try:
        path = inside(folder, name)
        refuse_kind(path, shown, key)
        if path.suffix.lower() == TENSORS:
            from attncli.problem.tensors import read_tensor  # noqa: PLC0415 - few configs name one

            found = read_tensor(path, shown, lambda keys: choose(keys, name, key), part, MAX_ARRAY_BYTES)
            return part.after(found) if part else found
        with open_read(path) as stream:
            if path.suffix.lower() == ".csv":
                found = read_csv(stream, name)
            elif path.suffix.lower() == ".npz":
                found = read_npz(stream, name, key)
            else:
                found = read_npy(stream, shown)
        return part.after(found[part.before(found.shape)]) if part else found
    except FileNotFoundError:
        message = _("there is no file {file} in {folder}", file=shown, folder=folder)
        raise AttnError(message, hint=_("files are looked for beside the config")) from None
    except AttnError:
        raise
    except Exception as error:  # noqa: BLE001 - NumPy and zipfile raise many kinds on a broken file
        hint = _("save it with safetensors") if name.lower().endswith(TENSORS) else ""
        raise broken(shown, error, hint) from None


def refuse_kind(path: Path, shown: str, key: str | None) -> None:
    """Refuse what is not a file, or not one of the kinds that hold matrices."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        hint = _("a matrix file is one of {suffixes}", suffixes=", ".join(SUFFIXES))
        raise AttnError(_("{file} ends in {suffix!r}", file=shown, suffix=suffix), hint=hint)
    if key is not None and suffix not in SEVERAL:
        message = _(
            "a key names an array of an .npz file or a .safetensors file; {file} holds only one", file=shown
        )
        raise AttnError(message, hint=_("delete the key"))
    if path.is_dir():
        raise AttnError(_("{file} is a folder", file=shown), hint=_("name a file"))
    if path.exists() and not path.is_file():
        raise AttnError(_("{file} is a pipe or a device, not a file", file=shown), hint=_("name a file"))


def inside(folder: Path, name: str) -> Path:
    """Return the file's path, which must not lead out of the config's folder."""
    root = folder.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        message = _("{file!r} lies outside the config's folder", file=name[:80])
        raise AttnError(message, hint=_("put it beside the config"))
    return path


def read_npy(stream: IO[bytes], shown: str, most: int = MAX_ARRAY_BYTES) -> NDArray[Any]:
    """Read one .npy array, its size checked from its header before anything is made."""
    shape, fortran, dtype = read_header(stream)
    if dtype.hasobject:
        message = _("{file} holds Python objects, not numbers", file=shown)
        raise AttnError(message, hint=_("save it as an array of floats"))
    count = math.prod(shape)
    if min(shape, default=1) < 0 or count * dtype.itemsize > most:
        message = _("{file} holds an array of the shape {shape}", file=shown, shape=f"{shape!s:.80}")
        raise AttnError(message, hint=_("the limit is {most:,} bytes", most=most))
    data = stream.read(count * dtype.itemsize)
    if len(data) < count * dtype.itemsize:
        message = _("{file} is cut off: its header promises {count} numbers", file=shown, count=count)
        raise AttnError(message, hint=_("write it again"))
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")


def read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read an .npy array's shape, whether its columns come first, and its type."""
    version = np.lib.format.read_magic(stream)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy warns of headers that Python 2 wrote
        return header(stream)


def read_npz(stream: IO[bytes], name: str, key: str | None) -> NDArray[Any]:
    """Read one array of an .npz file; without a key it must hold just one."""
    import zipfile  # noqa: PLC0415 - most configs name no file

    with zipfile.ZipFile(stream) as archive:
        chosen = choose(array_keys(archive), name, key)
        return read_entry(archive, chosen, repr(f"{name}, {chosen}"))


def choose(keys: list[str], name: str, key: str | None) -> str:
    """Return the key of one of a file's arrays; without ``key`` there must be just one."""
    if key is None and len(keys) != 1:
        hint = _("add a key: one of {keys}", keys=key_list(keys)) if keys else _("save it with np.savez")
        raise AttnError(_("{file!r} holds {count} arrays", file=name, count=len(keys)), hint=hint)
    chosen = keys[0] if key is None else key
    if chosen not in keys:
        hint = did_you_mean(chosen, keys, _("it holds {keys}", keys=key_list(keys)))
        raise AttnError(_("{file!r} has no array {key!r}", file=name, key=chosen[:40]), hint=hint)
    return chosen


def array_keys(archive: ZipFile) -> list[str]:
    """Return the names of the arrays of an .npz file."""
    return [entry.removesuffix(".npy") for entry in archive.namelist() if entry.endswith(".npy")]


def array_shapes(path: Path, shown: str) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of an .npz file or one of safetensors, without reading their numbers.

    Raises AttnError where it is no such file.
    """
    import zipfile  # noqa: PLC0415 - as above

    try:
        if path.suffix.lower() not in SEVERAL:
            message = _("{file} ends in {suffix!r}", file=shown, suffix=path.suffix[:40])
            hint = _(
                "a model's file is one of {suffixes}; others can be saved as one", suffixes=", ".join(SEVERAL)
            )
            raise AttnError(message, hint=hint)  # noqa: TRY301
        refuse_kind(path, shown, None)
        if path.suffix.lower() == TENSORS:
            from attncli.problem.tensors import tensor_shapes  # noqa: PLC0415 - as above

            return tensor_shapes(path, shown)
        with open_read(path) as stream, zipfile.ZipFile(stream) as archive:
            found = {}
            for key in array_keys(archive):
                with archive.open(f"{key}.npy") as entry:
                    found[key] = read_header(entry)[0]
            return found
    except FileNotFoundError:
        raise AttnError(_("there is no file {file}", file=shown), hint=_("check its name")) from None
    except AttnError:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        raise broken(shown, error) from None


def read_entry(archive: ZipFile, key: str, shown: str, most: int = MAX_ARRAY_BYTES) -> NDArray[Any]:
    """Read one array of an .npz file, whose size is checked before it is unpacked."""
    entry = archive.getinfo(f"{key}.npy")
    if entry.file_size > most + MAX_HEADER:
        message = _("{file} unpacks to {size:,} bytes", file=shown, size=entry.file_size)
        raise AttnError(message, hint=_("the limit is {most:,} bytes", most=most))
    with archive.open(entry) as stream:
        return read_npy(stream, shown, most)


def read_arrays(stream: IO[bytes], shown: str, most: int) -> dict[str, NDArray[Any]]:
    """Read every array of an .npz file, of ``most`` bytes together.

    Raises AttnError where there are more, or it is no such file.
    """
    import zipfile  # noqa: PLC0415 - as below

    found: dict[str, NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(stream) as archive:
            keys = array_keys(archive)
            if not 0 < len(keys) <= MAX_ARRAYS:
                message = _("{file!r} holds {count} arrays", file=shown, count=len(keys))
                raise AttnError(message, hint=_("save it with np.savez(file, S=…, A=…)"))  # noqa: TRY301
            for key in keys:
                found[key] = read_entry(archive, key, repr(f"{shown}, {key[:40]}"), most)
                most -= found[key].nbytes
    except AttnError:
        raise
    except Exception as error:  # noqa: BLE001 - NumPy and zipfile raise many kinds on a broken file
        raise broken(repr(shown), error) from None
    return found


def broken(shown: str, error: Exception, hint: str = "") -> AttnError:
    """Return the error that a file of arrays cannot be read, with the reason."""
    reason = getattr(error, "strerror", None) or f"{error!s:.120}"
    message = _("{file} cannot be read: {reason}", file=shown, reason=_(reason))
    return AttnError(message, hint=hint or _("write it again, as np.save does"))


def key_list(keys: list[str], most: int = 12) -> str:
    """Return the keys, or the first few of them, for a message."""
    return ", ".join(key[:80] for key in keys[:most]) + (", …" if len(keys) > most else "")


def read_csv(stream: IO[bytes], name: str) -> NDArray[Any]:
    """Read a matrix of numbers separated by commas, one row a line."""
    import csv  # noqa: PLC0415 - most configs name no file

    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES or data.count(b",") + data.count(b"\n") > MAX_CSV_CELLS:
        raise AttnError(_("{file!r} is larger than a .csv can be", file=name), hint=_("save it as .npy"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise AttnError(_("{file!r} is not UTF-8 text", file=name), hint=_("save it as UTF-8")) from None
    rows: list[list[float]] = []
    reader = csv.reader(io.StringIO(text, newline=""))
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        place = f"{name}:{reader.line_num}"
        rows.append([csv_cell(cell, place, column) for column, cell in enumerate(row, 1)])
        if len(row) != len(rows[0]):
            message = _(
                "{place}: this row has {count} numbers; the first has {first}",
                place=place,
                count=len(row),
                first=len(rows[0]),
            )
            raise AttnError(message, hint=_("give every row the same length"))
    if not rows:
        message = _("{file!r} is empty", file=name)
        raise AttnError(message, hint=_("one row a line, numbers separated by commas"))
    return np.array(rows, np.float64)


def csv_cell(text: str, place: str, column: int) -> float:
    """Read one number of a .csv file; raises AttnError where it is none."""
    number = -math.inf if minus_infinite(text) else as_number(text)
    if number is None or number == math.inf or math.isnan(number):
        message = _(
            "{place}: column {column} is {text!r}, not a finite number",
            place=place,
            column=column,
            text=text[:40],
        )
        raise AttnError(message, hint=_("numbers only, separated by commas, no header line"))
    return number
