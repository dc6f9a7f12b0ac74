"""Files of the library safetensors, which is an extra: a tensor's shape, and that part of it which is wanted.

The library checks the whole header before anything is read, and reads no more than is asked for, so that a
file may be larger than the memory. NumPy has no bfloat16, nor has the library for NumPy: such numbers are
the upper halves of float32 numbers, and are read here.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.errors import AttnError
from attncli.files import MAX_BYTES, open_read
from attncli.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from attncli.problem.parts import Part


BFLOAT = "BF16"
BYTES = {"F64": 8, "F32": 4, "F16": 2, BFLOAT: 2, "BOOL": 1} | {
    f"{sign}{bits}": bits // 8 for sign in "IU" for bits in (8, 16, 32, 64)
}
LENGTH = 8  # bytes at the beginning, which say how long the header is


@contextmanager
def open_tensors(path: Path, shown: str) -> Iterator[Any]:
    """Open a file whose header the library has checked. Raises AttnError where the library is not there."""
    try:
        from safetensors import safe_open  # noqa: PLC0415 - an extra: few configs name such a file
    except ImportError:
        message = _("{file} is read by the library safetensors, which is not installed", file=shown)
        raise AttnError(message, hint=_("install it: pip install 'attncli[io]'")) from None
    with open_read(path) as stream:  # remembered as read; a pipe does not keep us waiting
        if int.from_bytes(stream.read(LENGTH), "little") > MAX_BYTES:
            message = _("{file} cannot be read: {reason}", file=shown, reason=_("its header is too large"))
            raise AttnError(message, hint=_("save it with safetensors"))
    with safe_open(path, "numpy") as tensors:
        yield tensors


def read_tensor(
    path: Path,
    shown: str,
    choose: Callable[[list[str]], str],
    wanted: Part | None,
    most: int,
) -> NDArray[Any]:
    """Read a part of one tensor, of ``most`` bytes.

    ``choose`` picks its name from those that there are.
    """
    with open_tensors(path, shown) as tensors:
        key = choose(list(tensors.keys()))
        there = tensors.get_slice(key)
        shape, kind = tuple(there.get_shape()), there.get_dtype()
        tensor = f"{shown}, {key[:80]}"
        if kind not in BYTES:
            message = _("{tensor} holds numbers of the kind {dtype}", tensor=tensor, dtype=kind)
            raise AttnError(message, hint=_("save it as float32: F32"))
        part = wanted.before(shape) if wanted else tuple(map(slice, [0] * len(shape), shape))
        if math.prod(one.stop - one.start for one in part) * BYTES[kind] > most:
            message = _("{tensor} has the shape {shape}", tensor=tensor, shape=f"{shape!s:.80}")
            hint = _("the limit is {most:,} bytes; take some of its rows or columns", most=most)
            raise AttnError(message, hint=hint)
        if 0 in shape:
            return np.empty(shape)
        if kind == BFLOAT:
            return read_bfloats(path, key, shape, part)
        found: NDArray[Any] = there[part] if shape else tensors.get_tensor(key)
        return found


def read_bfloats(
    path: Path, key: str, shape: tuple[int, ...], part: tuple[slice, ...]
) -> NDArray[np.float32]:
    """Read a part of a tensor of bfloat16 from a file whose header has been checked."""
    import json  # noqa: PLC0415 - as above

    with open_read(path) as stream:
        header = stream.read(int.from_bytes(stream.read(LENGTH), "little"))
        start = stream.tell() + json.loads(header)[key]["data_offsets"][0]
        bits = np.memmap(stream, "<u2", "r", start, shape)[part]
    return (bits.astype(np.uint32) << 16).view(np.float32)


def tensor_shapes(path: Path, shown: str) -> dict[str, tuple[int, ...]]:
    """Return the shape of every tensor of a file."""
    with open_tensors(path, shown) as tensors:
        return {key: tuple(tensors.get_slice(key).get_shape()) for key in tensors.keys()}  # noqa: SIM118
