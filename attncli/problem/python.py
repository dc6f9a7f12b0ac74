"""The same tree of a Python mapping as of a file: words, numbers, lists and arrays."""

from __future__ import annotations

import numpy as np

from attncli.errors import AttnError, Where
from attncli.problem.document import MAX_DEPTH, Leaf, Mapping, Node, Scalar, Sequence, Source


def from_python(value: object, name: str, depth: int = 0) -> Node:  # noqa: PLR0911 - one a kind
    """Make the same tree of a Python value: mappings, lists, words, numbers and arrays.

    Raises AttnError where it is nested too deep or of a kind that no config holds.
    """
    source = Source(name)
    if depth > MAX_DEPTH:
        raise AttnError(f"{name} is nested more than {MAX_DEPTH} deep", hint="a matrix is a list of rows")
    if value is None:
        return Scalar(source, text="~")
    if isinstance(value, bool):
        return Scalar(source, text=str(value).lower())
    if isinstance(value, str):
        return Scalar(source, text=value, quoted=True)
    if isinstance(value, int | float):
        return Scalar(source, text=repr(value))
    if isinstance(value, dict):
        inner = {str(key): from_python(item, str(key), depth + 1) for key, item in value.items()}
        return Mapping(source, pairs={key: (Scalar(source, text=key), node) for key, node in inner.items()})
    if isinstance(value, list | tuple):
        return Sequence(source, items=[from_python(item, name, depth + 1) for item in value])
    if hasattr(value, "__array__"):
        return Leaf(source, array=np.asarray(value))
    raise AttnError(
        f"{name} is a {type(value).__name__}",
        Where(name),
        "give a number, a word, a list, a mapping or a NumPy array",
    )
