"""Matrices from files beside the config: .npy, .npz and .csv, bounded, and never pickled."""

from __future__ import annotations

import csv
import io
import math
import warnings
import zipfile
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from attncli.errors import AttnError
from attncli.problem.document import MAX_BYTES
from attncli.problem.numbers import as_number, minus_infinite
from attncli.problem.report import did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MAX_ARRAY_BYTES = 2**28
MAX_CSV_CELLS = 1_000_000
SUFFIXES = (".npy", ".npz", ".csv")


def read_array(folder: Path, name: str, key: str | None) -> NDArray[Any]:
    """Read one array from a file in the config's folder or below it.

    Raises AttnError where the file is elsewhere, missing, of another kind, too large, or does not
    hold one array of numbers.
    """
    shown = repr(name[:80])
    try:
        path = inside(folder, name)
        refuse_kind(path, shown, key)
        with path.open("rb") as stream:
            if path.suffix.lower() == ".csv":
                return read_csv(stream, name)
            return read_npz(stream, name, key) if path.suffix.lower() == ".npz" else read_npy(stream, shown)
    except FileNotFoundError:
        raise AttnError(
            f"there is no file {shown} in {folder}", hint="files are looked for beside the config"
        ) from None
    except AttnError:
        raise
    except Exception as error:  # noqa: BLE001 - NumPy and zipfile raise many kinds on a broken file
        reason = getattr(error, "strerror", None) or f"{error!s:.120}"
        raise AttnError(f"{shown} cannot be read: {reason}", hint="write it again, as np.save does") from None


def refuse_kind(path: Path, shown: str, key: str | None) -> None:
    """Refuse what is no file, or not one of the kinds that hold matrices."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise AttnError(f"{shown} ends in {suffix!r}", hint=f"a matrix file is one of {', '.join(SUFFIXES)}")
    if key is not None and suffix != ".npz":
        message = f"a key names an array of an .npz file; {shown} holds only one"
        raise AttnError(message, hint="delete the key")
    if path.exists() and not path.is_file():
        what = "a folder" if path.is_dir() else "a pipe or a device, not a file"
        raise AttnError(f"{shown} is {what}", hint="name a file")


def inside(folder: Path, name: str) -> Path:
    """Return the file's path, which must not lead out of the config's folder."""
    root = folder.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        raise AttnError(f"{name[:80]!r} lies outside the config's folder", hint="put it beside the config")
    return path


def read_npy(stream: IO[bytes], shown: str) -> NDArray[Any]:
    """Read one .npy array, its size checked from its header before anything is made."""
    version = np.lib.format.read_magic(stream)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy warns of headers that Python 2 wrote
        shape, fortran, dtype = header(stream)
    if dtype.hasobject:
        raise AttnError(f"{shown} holds Python objects, not numbers", hint="save it as an array of floats")
    count = math.prod(shape)
    if min(shape, default=1) < 0 or count * dtype.itemsize > MAX_ARRAY_BYTES:
        most = f"{MAX_ARRAY_BYTES // 2**20} MiB is the most"
        raise AttnError(f"{shown} holds an array of the shape {shape!s:.80}", hint=most)
    data = stream.read(count * dtype.itemsize)
    if len(data) < count * dtype.itemsize:
        raise AttnError(f"{shown} is cut off: its header promises {count} numbers", hint="write it again")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")


def read_npz(stream: IO[bytes], name: str, key: str | None) -> NDArray[Any]:
    """Read one array of an .npz file; without a key it must hold just one."""
    with zipfile.ZipFile(stream) as archive:
        keys = [entry.removesuffix(".npy") for entry in archive.namelist() if entry.endswith(".npy")]
        if key is None and len(keys) != 1:
            hint = f"add a key: one of {listed(keys)}" if keys else "save it with np.savez"
            raise AttnError(f"{name!r} holds {len(keys)} arrays", hint=hint)
        chosen = keys[0] if key is None else key
        if chosen not in keys:
            hint = did_you_mean(chosen, keys, f"it holds {listed(keys)}")
            raise AttnError(f"{name!r} has no array {chosen[:40]!r}", hint=hint)
        with archive.open(f"{chosen}.npy") as entry:
            return read_npy(entry, repr(f"{name}, {chosen}"))


def listed(keys: list[str], most: int = 12) -> str:
    """Name the keys, the first few of them."""
    return ", ".join(keys[:most]) + (", …" if len(keys) > most else "")


def read_csv(stream: IO[bytes], name: str) -> NDArray[Any]:
    """Read a matrix of numbers separated by commas, one row a line."""
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES or data.count(b",") + data.count(b"\n") > MAX_CSV_CELLS:
        raise AttnError(f"{name!r} is larger than a .csv can be", hint="save it as .npy")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise AttnError(f"{name!r} is not UTF-8 text", hint="save it as UTF-8") from None
    rows: list[list[float]] = []
    reader = csv.reader(io.StringIO(text, newline=""))
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        place = f"{name}:{reader.line_num}"
        rows.append([csv_cell(cell, f"{place}: column {column}") for column, cell in enumerate(row, 1)])
        if len(row) != len(rows[0]):
            message = f"{place}: this row has {len(row)} numbers; the first has {len(rows[0])}"
            raise AttnError(message, hint="give every row the same length")
    if not rows:
        raise AttnError(f"{name!r} is empty", hint="one row a line, numbers separated by commas")
    return np.array(rows, np.float64)


def csv_cell(text: str, place: str) -> float:
    """Read one number of a .csv file; raises AttnError where it is none."""
    number = -math.inf if minus_infinite(text) else as_number(text)
    if number is None or number == math.inf or math.isnan(number):
        message = f"{place} is {text[:40]!r}, not a finite number"
        raise AttnError(message, hint="numbers only, separated by commas, no header line")
    return number
