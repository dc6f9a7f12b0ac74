"""Which part of a file's array a matrix is: ``rows``, ``columns``, ``transpose`` and ``split``.

Of the array as it is in the file first the heads are joined, then rows and columns are chosen, then it is
transposed. Rows and columns are half-open and counted from 0, as in Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from attncli.errors import AttnError
from attncli.language import _, either
from attncli.problem.dimensions import MAX_AXES
from attncli.problem.document import Mapping, Node, Scalar, Sequence, kind
from attncli.problem.keys import FALSE, TRUE, WEIGHTS, choice
from attncli.problem.numbers import as_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attncli.report import Report


PART = ("rows", "columns", "transpose", "split")
LONGEST = 2**40


class Span(NamedTuple):
    """Rows or columns: from ``start`` up to, not including, ``stop``."""

    word: str
    start: int
    stop: int
    node: Node

    def __str__(self) -> str:
        """As it is written in a config."""
        return f"{self.word}: [{self.start}, {self.stop}]"


class Part(NamedTuple):
    """What is taken of an array; ``split`` and ``transpose`` are where it says so, None where it does not."""

    name: str
    spans: tuple[Span, ...]
    transpose: Node | None
    split: Node | None

    def before(self, shape: tuple[int, ...]) -> tuple[slice, ...]:
        """Return what must be read of an array of this shape."""
        return tuple(map(slice, [0] * len(shape), shape)) if self.split else self.window(shape)

    def after(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return the matrix from what was read."""
        if self.split:
            array = array.reshape(self.joined(array.shape))
            array = array[self.window(array.shape)]
        if self.transpose and array.ndim < 2:  # noqa: PLR2004 - rows and columns
            message = _("{name}: transpose needs a matrix; the array is {shape}", **self.about(array.shape))
            raise AttnError(message, self.transpose.where, _("delete transpose"))
        return array.swapaxes(-1, -2) if self.transpose else array

    def window(self, shape: tuple[int, ...]) -> tuple[slice, ...]:
        """Return which rows and columns of an array are wanted. Raises AttnError where it has none such."""
        window = [slice(0, size) for size in shape]
        if len(self.spans) > len(shape):
            message = _("{name}: the array is {shape}, which has no rows and columns", **self.about(shape))
            raise AttnError(message, self.spans[-1].node.where, _("delete {key}", key=self.spans[-1].word))
        for span in self.spans:
            # A vector has one axis, whatever it is called; of a list of heads each is cut.
            axis = len(shape) - (2 if span.word == "rows" and len(shape) > 1 else 1)
            if span.stop > shape[axis]:
                message = _("{name}: {span}, but the array is {shape}", span=span, **self.about(shape))
                full = span._replace(start=0, stop=shape[axis])
                hint = _("half-open and counted from 0, as in Python: all of them are {span}", span=full)
                raise AttnError(message, span.node.where, hint)
            window[axis] = slice(span.start, span.stop)
        return tuple(window)

    def joined(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape with the heads beside each other. Raises AttnError where there are none."""
        if len(shape) == MAX_AXES:
            first, second, third = shape
            return (first * second, third) if self.name.startswith("Wo") else (first, second * third)
        if len(shape) == MAX_AXES - 1 and self.name not in WEIGHTS:
            return (shape[0] * shape[1],)
        wanted = "h × d_v × d_out" if self.name.startswith("Wo") else "d × h × d_k"
        wanted = wanted if self.name in WEIGHTS else f"{wanted}, h × d_k"
        message = _(
            "{name}: the array is {shape}; split: heads joins the heads of {wanted}",
            wanted=wanted,
            **self.about(shape),
        )
        raise AttnError(message, self.split.where if self.split else None, _("delete split"))

    def about(self, shape: tuple[int, ...]) -> dict[str, str]:
        """Return what every message says."""
        numbers = _("a vector of {count}", count=shape[0]) if len(shape) == 1 else " × ".join(map(str, shape))
        return {"name": self.name, "shape": numbers or _("one number")}


def read_part(node: Mapping, name: str, report: Report) -> Part | None:
    """Read what is said of rows, columns, transpose and split; None, and errors, where it is wrong."""
    before = len(report.errors)
    found = [read_span(node.get(word), name, word, report) for word in ("rows", "columns")]
    transpose = node.get("transpose")
    text = transpose.text.lower() if isinstance(transpose, Scalar) else ""
    if transpose is not None and text not in TRUE | FALSE:
        told = {"found": kind(transpose), "wanted": either(("true", "false"))}
        message = _("{name} is {found}; expected {wanted}", name=f"{name}: transpose", **told)
        report.error(transpose, message, _("write transpose: true"))
    choice(node, "split", ("heads",), report)
    if len(report.errors) > before:
        return None
    spans = tuple(span for span in found if span is not None)
    return Part(name, spans, transpose if text in TRUE else None, node.get("split"))


def read_span(node: Node | None, name: str, word: str, report: Report) -> Span | None:
    """Read ``[0, 768]``; None where there is none, or, with an error, where it is wrong."""
    if node is None:
        return None
    items = node.items if isinstance(node, Sequence) else []
    hint = _("write {word}: [0, 768] for the first 768; counted from 0, as in Python", word=word)
    if len(items) != 2:  # noqa: PLR2004 - where it begins, and where it ends
        message = _("{name} is {found}; expected two whole numbers", name=f"{name}: {word}", found=kind(node))
        report.error(node, message, hint)
        return None
    for item in items:
        number = as_number(item.text) if isinstance(item, Scalar) else None
        if number is None or not 0 <= number <= LONGEST or not number.is_integer():
            wanted = _("a whole number, 0 or more")
            told = {"name": f"{name}: {word}", "found": kind(item), "wanted": wanted}
            report.error(item, _("{name} is {found}; expected {wanted}", **told), hint)
            return None
    start, stop = (int(as_number(item.text) or 0) for item in items if isinstance(item, Scalar))
    span = Span(word, start, stop, node)
    if start >= stop:
        report.error(node, _("{name}: {span} is empty", name=name, span=span), hint)
        return None
    return span
