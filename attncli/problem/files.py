"""Matrices from files beside the config: .npy, .npz and .csv, bounded, and never pickled."""

from __future__ import annotations

import csv
import io
import math
import zipfile
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from attncli.errors import AttnError
from attncli.problem.numbers import as_number
from attncli.problem.report import did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MAX_ARRAY_BYTES = 2 * 2**30
MAX_CSV_BYTES = 64 * 2**20
SUFFIXES = (".npy", ".npz", ".csv")


def read_array(folder: Path, name: str, key: str | None) -> NDArray[Any]:
    """Read one array from a file in the config's folder or below it.

    Raises AttnError where the file is elsewhere, missing, of another kind, too large, or does not
    hold one array of numbers.
    """
    path = inside(folder, name)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise AttnError(f"{name!r} ends in {suffix!r}", hint=f"a matrix file is one of {', '.join(SUFFIXES)}")
    if key is not None and suffix != ".npz":
        raise AttnError(
            f"a key names an array of an .npz file; {name!r} holds only one", hint="delete the key"
        )
    try:
        with path.open("rb") as stream:
            if suffix == ".csv":
                return read_csv(stream, name)
            return read_npz(stream, name, key) if suffix == ".npz" else read_npy(stream, name)
    except FileNotFoundError:
        raise AttnError(
            f"there is no file {name!r} in {folder}", hint="files are looked for beside the config"
        ) from None
    except IsADirectoryError:
        raise AttnError(f"{name!r} is a folder", hint="name the file in it") from None
    except (OSError, zipfile.BadZipFile, ValueError, EOFError) as error:
        raise AttnError(
            f"{name!r} cannot be read: {error}", hint="write it again with np.save or np.savez"
        ) from None


def inside(folder: Path, name: str) -> Path:
    """Return the file's path, which must not lead out of the config's folder."""
    root = folder.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        raise AttnError(f"{name!r} lies outside the config's folder", hint="put the file beside the config")
    return path


def read_npy(stream: IO[bytes], name: str) -> NDArray[Any]:
    """Read one .npy array, its size checked from its header before anything is made."""
    version = np.lib.format.read_magic(stream)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = header(stream)
    if dtype.hasobject:
        raise AttnError(f"{name!r} holds Python objects, not numbers", hint="save it as an array of floats")
    count = math.prod(shape)
    if count * dtype.itemsize > MAX_ARRAY_BYTES:
        raise AttnError(f"{name!r} holds an array of {shape}: over 2 GiB", hint="use a smaller matrix")
    data = stream.read(count * dtype.itemsize)
    if len(data) < count * dtype.itemsize:
        raise AttnError(f"{name!r} is cut off: its header promises {count} numbers", hint="write it again")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")


def read_npz(stream: IO[bytes], name: str, key: str | None) -> NDArray[Any]:
    """Read one array of an .npz file; without a key it must hold just one."""
    with zipfile.ZipFile(stream) as archive:
        keys = [entry.removesuffix(".npy") for entry in archive.namelist() if entry.endswith(".npy")]
        if key is None and len(keys) != 1:
            raise AttnError(f"{name!r} holds {len(keys)} arrays", hint=f"add a key: one of {listed(keys)}")
        chosen = keys[0] if key is None else key
        if chosen not in keys:
            raise AttnError(
                f"{name!r} has no array {key!r}", hint=did_you_mean(chosen, keys, f"it holds {listed(keys)}")
            )
        with archive.open(f"{chosen}.npy") as entry:
            return read_npy(entry, f"{name}, {chosen}")


def listed(keys: list[str], most: int = 12) -> str:
    """Name the keys, the first few of them."""
    return ", ".join(keys[:most]) + (", …" if len(keys) > most else "")


def read_csv(stream: IO[bytes], name: str) -> NDArray[Any]:
    """Read a matrix of numbers separated by commas, one row a line."""
    data = stream.read(MAX_CSV_BYTES + 1)
    if len(data) > MAX_CSV_BYTES:
        raise AttnError(f"{name!r} is larger than 64 MiB", hint="save it as .npy")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise AttnError(f"{name!r} is not UTF-8 text", hint="save it as UTF-8") from None
    rows: list[list[float]] = []
    reader = csv.reader(io.StringIO(text))
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        numbers = [as_number(cell) for cell in row]
        for column, (number, cell) in enumerate(zip(numbers, row, strict=True), 1):
            if number is None:
                raise AttnError(
                    f"{name}:{reader.line_num}: column {column} is {cell[:40]!r}, not a number",
                    hint="numbers only, no header line",
                )
        rows.append([number for number in numbers if number is not None])
        if len(rows[-1]) != len(rows[0]):
            raise AttnError(
                f"{name}:{reader.line_num}: this row has {len(row)} numbers; the first has {len(rows[0])}",
                hint="give every row the same length",
            )
    if not rows:
        raise AttnError(f"{name!r} is empty", hint="one row a line, numbers separated by commas")
    return np.array(rows, np.float64)
