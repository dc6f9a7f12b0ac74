"""A Python mapping as the tree that a file would give, with its arrays as they are."""

from __future__ import annotations

import os
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from attncli.errors import AttnError, Where
from attncli.language import _
from attncli.problem.dimensions import MAX_AXES
from attncli.problem.document import MAX_CELLS, MAX_DEPTH, Leaf, Mapping, Node, Scalar, Sequence, Source
from attncli.report import Report

MAX_NUMBERS = 2**28  # in one array: 16,384 × 16,384


def from_python(value: object, name: str) -> Node:
    """Return a Python value as a tree: mappings, lists, words, numbers and arrays.

    Raises AttnErrors where it is nested too deep, or holds what no config can hold.
    """
    converter = Converter(Source(name), Report())
    root = converter.node(value, name, 0)
    converter.report.raise_if_any()
    return root


@dataclass(eq=False, repr=False)
class Converter:
    """Builds the tree, counting what it holds: a list that holds itself has no end."""

    source: Source
    report: Report
    count: int = 0

    def node(self, value: object, name: str, depth: int) -> Node:  # noqa: PLR0911 - one a kind
        """Make a node of a value; ``name`` is the key that it stands under."""
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_CELLS:
            message = _("{name} is too large", name=name)
            if depth > MAX_DEPTH:
                message = _("{name} is nested more than {most} deep", name=name, most=MAX_DEPTH)
            raise AttnError(message, Where(self.source.name), _("give large matrices as NumPy arrays"))
        match value:
            case None:
                return Scalar(self.source)
            case bool():
                return Scalar(self.source, text=str(value).lower())
            case str() | os.PathLike():
                return Scalar(self.source, text=str(value), quoted=True)
            case int() | float():
                return Scalar(self.source, text=number_text(value))
            case AnyMapping():
                return self.mapping(value, name, depth)
            case list() | tuple():
                if (matrix := as_matrix(value)) is not None:
                    return Leaf(self.source, array=matrix)
                return Sequence(self.source, items=[self.node(item, name, depth + 1) for item in value])
        return self.array(value, name, depth)

    def mapping(self, value: AnyMapping[Any, Any], name: str, depth: int) -> Node:
        """Make a node of a mapping."""
        pairs: dict[str, tuple[Node, Node]] = {}
        for key, item in value.items():
            if isinstance(key, str):
                pairs[key] = (Scalar(self.source, text=key), self.node(item, key, depth + 1))
            else:
                message = _("{name} has the key {key}", name=name, key=f"{key!r:.40}")
                self.refuse(message, _("a key is a word"))
        return Mapping(self.source, pairs=pairs)

    def array(self, value: object, name: str, depth: int) -> Node:
        """Make a node of an array of whatever library; one that holds no numbers is read as lists."""
        kind = type(value).__name__
        if not hasattr(value, "__array__"):
            message = _("{name} is a {type}", name=name, type=kind)
            return self.refuse(message, _("give a number, a word, a list, a mapping or a NumPy array"))
        try:
            found = np.asarray(value)
        except Exception as error:  # noqa: BLE001 - another library's code
            why = {"name": name, "type": kind, "reason": f"{error!s:.80}"}
            message = _("{name} is a {type} that NumPy cannot make an array of: {reason}", **why)
            return self.refuse(message, "")
        if found.size > MAX_NUMBERS:
            message = _("{name} holds {count:,} numbers", name=name, count=found.size)
            return self.refuse(message, _("the limit is {most:,}", most=MAX_NUMBERS))
        if found.ndim > 0 and found.dtype.kind in "fiub":
            return Leaf(self.source, array=found)
        if found.dtype.kind in "fiubUO" and (inner := found.tolist()) is not value:
            return self.node(inner, name, depth + 1)
        message = _("{name} is an array of {dtype}; expected numbers", name=name, dtype=found.dtype)
        return self.refuse(message, _("give floats or integers"))

    def refuse(self, message: str, hint: str) -> Node:
        """Add an error; what is returned for the value is never read."""
        self.report.add(AttnError(message, Where(self.source.name), hint))
        return Scalar(self.source)


def number_text(value: float) -> str:
    """Write a Python number as a config does; NumPy's own numbers print otherwise."""
    if isinstance(value, float):
        return float.__repr__(value)
    try:
        return int.__repr__(value)
    except ValueError:  # Python refuses to write out thousands of digits
        return "1e999" if value > 0 else "-1e999"


def as_matrix(value: list[Any] | tuple[Any, ...]) -> np.ndarray[Any, Any] | None:
    """Return a matrix of plain numbers as an array; None where it is anything else."""
    sizes, first = [len(value)], value[0] if value else None
    while isinstance(first, list | tuple) and first and len(sizes) <= MAX_AXES:
        sizes.append(len(first))
        first = first[0]
    if not 1 < len(sizes) <= MAX_AXES or any(a * b > MAX_NUMBERS for a, b in pairwise(sizes)):
        return None
    try:
        found = np.array(value)
    except Exception:  # noqa: BLE001 - ragged, or of another library's numbers
        return None
    return found if found.dtype.kind in "fiu" and found.ndim == len(sizes) else None
