"""Numbers as people write them: single ones, whole ones, and nested lists of them; arrays as they come."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.language import N_, _
from attncli.problem.dimensions import COUNTS, MAX_AXES
from attncli.problem.document import Leaf, Mapping, Node, Scalar, Sequence, children, kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attncli.ops.op import Array
    from attncli.report import Report


# The point decides which digits are which: otherwise a long number that is none takes quadratic time.
_DIGITS = r"[+\-−]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+\-−]?[0-9]+)?"
_NUMBER = re.compile(rf"({_DIGITS})(?: *[/⁄] *({_DIGITS}))?")
# These are compiled where they are first used, for most files need none of them.
_NOT_FINITE = r"([+\-−]?)\.?(inf|infinity|nan|∞)"
_GROUPED = rf"{_DIGITS}([_,' ]{_DIGITS})+"
_APART = r"[\s,;&|\\[({]|[^\x00-\x7f]"  # between cells of a pasted matrix, or around them
_MAX_DIGITS = 400
FINITE = N_("NaN and infinities cannot be used")
Nested = float | list["Nested"] | None


def as_number(text: str) -> float | None:
    """Read ``2``, ``-.5``, ``1e-3``, ``1/3`` or ``−2``; None where the text is no number.

    A number beyond float64 comes out infinite, a division by zero as NaN.
    """
    match = _NUMBER.fullmatch(text.strip()) if len(text) <= _MAX_DIGITS else None
    if match is None:
        return None
    above, below = (float(part.replace("−", "-")) if part else None for part in match.groups())
    if above is None or below is None:
        return above
    if math.isinf(above) or math.isinf(below):
        return math.inf
    return above / below if below else math.nan


def minus_infinite(text: str) -> bool:
    """Whether the text says −∞, in any of the ways in which people and programs write it."""
    match = re.fullmatch(_NOT_FINITE, text.strip().lower())
    return match is not None and match[1] in {"-", "−"} and match[2] != "nan"


def cell(node: Node, name: str, report: Report, *, minus_infinity: bool = False) -> float:
    """Read one number; NaN, and an error in the report, where it is not one."""
    if not isinstance(node, Scalar):
        message = _("{name} is {found}; expected a number", name=name, found=kind(node))
        report.error(node, message, _("one number, like 1, -0.5 or 1/3"))
        return math.nan
    number = as_number(node.text)
    if number is not None and math.isfinite(number):
        return number
    if minus_infinity and minus_infinite(node.text):
        return -math.inf
    if number is not None and math.isnan(number):
        report.error(node, _("{name} divides by zero", name=name), _("write a finite number"))
    elif number is not None:
        message = _("{name} is too large for float64 (1.8e308 is the largest)", name=name)
        report.error(node, message, _("write a finite number"))
    elif node.null:
        report.error(node, _("{name} is blank; expected a number", name=name), _("write 0 for nothing"))
    elif re.fullmatch(_NOT_FINITE, node.text.strip().lower()):
        report.error(node, not_finite(name, node.text.strip()), _(FINITE))
    elif len(node.text) > _MAX_DIGITS:
        message = _("{name} is written with {count:,} characters", name=name, count=len(node.text))
        hint = _("a number has {most} at most; 17 digits are all that float64 keeps", most=_MAX_DIGITS)
        report.error(node, message, hint)
    else:
        message = _("{name} is {found}, which is not a number", name=name, found=kind(node))
        report.error(node, message, how_to_write(node.text.strip()))
    return math.nan


def how_to_write(text: str) -> str:
    """Say how a number is written in a config that stands there otherwise."""
    from attncli.problem.loose import loose_number  # noqa: PLC0415 - few cells are no numbers

    number = loose_number(text)
    if number is not None and math.isfinite(number.value):
        return _("write {number}", number=format(number.value, ".15g"))
    if len(text) <= _MAX_DIGITS and re.fullmatch(_GROUPED, text):
        return _("write the digits without _ or spaces, and a point for decimals: 1000.5")
    return _("write it like 1, -0.5, 1e-3 or 1/3")


def not_finite(name: str, found: object) -> str:
    """Say that a number is infinite, or none."""
    return _("{name} is {found}; expected a finite number", name=name, found=found)


def whole(node: Node | None, name: str, report: Report, *, least: int, most: int) -> int | None:
    """Read a whole number between two bounds; None where there is none."""
    if node is None:
        return None
    number = as_number(node.text) if isinstance(node, Scalar) else None
    if number is None or not least <= number <= most or not number.is_integer():
        message = _(
            "{name} is {found}; expected a whole number from {least} to {most}",
            name=name,
            found=kind(node),
            least=least,
            most=most,
        )
        example = f"{name.rpartition(' ')[2]}: {max(least, 2)}"
        report.error(node, message, _("like {example}", example=example))
        return None
    return int(number)


def from_array(
    node: Leaf, name: str, report: Report, *, minus_infinity: bool = False, nan: bool = False
) -> Array | None:
    """Check an array from Python or from a file, and copy it as float64."""
    found: Any = node.array
    if found.dtype.kind not in "fiub":
        message = _("{name} is an array of {dtype}; expected numbers", name=name, dtype=found.dtype)
        report.error(node, message, _("give floats or integers"))
        return None
    if found.ndim > MAX_AXES or 0 in found.shape:
        message = _("{name} has the shape {shape}; expected a matrix", name=name, shape=found.shape)
        report.error(node, message, _("a matrix is (rows, columns)"))
        return None
    with np.errstate(over="ignore"):
        values = np.array(found, np.float64)
    bad = ~np.isfinite(values)
    if minus_infinity:
        bad &= ~np.isneginf(values)
    if nan:
        bad &= ~np.isnan(values)
    if bad.any():
        at = ",".join(str(i + 1) for i in np.argwhere(bad)[0])
        place = f"{name}[{at}]" if at else name
        report.error(node, not_finite(place, values[bad][0]), _(FINITE))
        return None
    return values


def array(
    node: Node,
    name: str,
    report: Report,
    *,
    minus_infinity: bool = False,
    blank_rows: bool = False,
    blank_cells: bool = False,
) -> Array | None:
    """Read a number, a list, a matrix or a list of matrices; None, and errors, where that fails.

    With ``blank_rows`` a ``~`` in the place of a row (or of a number of a flat list) is read as NaN, with
    ``blank_cells`` also one in the place of a number of a matrix.
    """
    if isinstance(node, Leaf):
        return from_array(node, name, report, minus_infinity=minus_infinity, nan=blank_rows)
    before = len(report.errors)
    node = unpasted(node, name, report)
    if len(report.errors) > before:
        return None
    reader = Reader(report, minus_infinity, blank_rows, blank_cells)
    nested = reader.read(node, name, 0)
    if reader.mixed:
        reader.refuse_mixed(node, nested, name)
    return None if len(report.errors) > before else np.array(fill_blanks(nested), np.float64)


def unpasted(node: Node, name: str, report: Report) -> Node:
    """Return the rows of a matrix that was pasted as text; what is written as rows, or is a number, as it is.

    An error in the report where it cannot be read.
    """
    first = node
    while isinstance(first, Sequence) and first.items:
        first = first.items[0]
    if (
        not isinstance(first, Scalar)
        or not re.search(_APART, first.text)
        or first.null
        or is_cell(first.text)
    ):
        return node
    from attncli.problem.pasted import MAX_PASTED, Budget, expand  # noqa: PLC0415 - most matrices are lists of numbers

    tree = texts_of(node)
    try:
        found = tree if tree is None else expand(tree, Budget(MAX_PASTED))
    except ValueError as fault:
        report.error(node, f"{name}: {fault}", _("a matrix is a list of rows, like [[1, 0], [0, 1]]"))
        return node
    return node if found is tree else rows_of(found, node)


def is_cell(text: str) -> bool:
    """Whether a text is one cell of a matrix, be it a number that cannot be used."""
    return as_number(text) is not None or re.fullmatch(_NOT_FINITE, text.strip().lower()) is not None


def texts_of(node: Node) -> Any:  # noqa: ANN401 - a text, or nested lists of texts
    """Return the texts of nested lists; None where they hold anything else, or have no shape."""
    if isinstance(node, Scalar):
        return node.text
    if not isinstance(node, Sequence):
        return None
    items = [texts_of(item) for item in node.items]
    return None if None in items or len({type(item) for item in items}) != 1 else items


def rows_of(tree: Any, node: Node) -> Node:  # noqa: ANN401
    """Return nested lists of texts as nodes, all in the place of one; a blank row is one blank."""
    from attncli.problem.loose import BLANKS, loose_number  # noqa: PLC0415

    place = (node.source, node.line, node.column, node.length)
    if isinstance(tree, list):
        blank = all(isinstance(cell, str) and cell in BLANKS for cell in tree)
        return Scalar(*place, "~") if blank else Sequence(*place, [rows_of(item, node) for item in tree])
    number = None if is_cell(tree) else loose_number(tree)
    return Scalar(*place, tree if number is None else repr(number.value))


@dataclass(eq=False, repr=False)
class Reader:
    """Reads one matrix as nested lists; None is a blank row."""

    report: Report
    minus_infinity: bool
    blank_rows: bool
    blank_cells: bool = False
    mixed: bool = False

    def read(self, node: Node, name: str, depth: int) -> Nested:  # noqa: PLR0911 - one a kind
        """Read what stands ``depth`` brackets deep."""
        if isinstance(node, Scalar):
            if self.blank_rows and depth == 1 and node.null:
                return None
            if self.blank_cells and depth > 1 and node.null:
                return math.nan
            return cell(node, name, self.report, minus_infinity=self.minus_infinity)
        if isinstance(node, Leaf) and depth + node.array.ndim <= MAX_AXES:
            values = from_array(node, name, self.report, minus_infinity=self.minus_infinity)
            return None if values is None else values.tolist()
        if not isinstance(node, Sequence) or depth == MAX_AXES:
            wanted = _("a number") if depth == MAX_AXES else _("a matrix")
            message = _("{name} is nested too deep; expected {wanted}", name=name, wanted=wanted)
            if isinstance(node, Mapping):
                message = _(
                    "{name} is {found}; expected {wanted}", name=name, found=kind(node), wanted=wanted
                )
            self.report.error(node, message, _("a matrix is a list of rows, like [[1, 0], [0, 1]]"))
            return None
        if not node.items:
            self.report.error(node, _("{name} is empty", name=name), _("write at least one number"))
            return None
        numbers = [as_number(item.text) if isinstance(item, Scalar) else None for item in node.items]
        if all(number is not None and math.isfinite(number) for number in numbers):
            return list(numbers)
        items = [self.read(item, item_path(name, i), depth + 1) for i, item in enumerate(node.items, 1)]
        if len({brackets(item) for item in items if item is not None}) > 1:
            self.mixed = True
        else:
            self.refuse_ragged(node, items, name)
        return items

    def refuse_mixed(self, node: Node, nested: Nested, name: str) -> None:
        """Add an error for each item that has more, or fewer, brackets around it than most numbers have."""
        counts = Counter(depths(nested))
        usual = max(counts, key=lambda depth: (counts[depth], depth), default=0)

        def refuse(node: Node, nested: list[Nested], name: str, depth: int) -> None:
            for i, (at, item) in enumerate(zip(children(node), nested, strict=True), 1):
                place = item_path(name, i)
                if isinstance(item, list) and depth == usual:
                    told = {"found": kind(at), "wanted": _("a number")}
                    message = _("{name} is {found}; expected {wanted}", name=place, **told)
                    self.report.error(at, message, _("take its brackets away"))
                elif item is None or (isinstance(at, Scalar) and at.null):
                    continue  # told already
                elif depth + brackets(item) < usual:
                    message = _("{name} mixes matrices with rows or numbers", name=name)
                    if usual - depth == 1:
                        message = _("{name} mixes rows with single numbers", name=name)
                    self.report.error(at, message, _("put every row in brackets of its own"))
                elif isinstance(item, list):
                    refuse(at, item, place, depth + 1)

        if isinstance(nested, list):
            refuse(node, nested, name, 1)

    def refuse_ragged(self, node: Sequence, items: list[Nested], name: str) -> None:
        """Add an error for each row, or matrix, whose size is not that of the others."""
        sizes = list(map(length, items))
        if max(map(brackets, items)) > 1:
            hint = _("every matrix of a list of heads has the same size")
            columns = [length(item[0]) if isinstance(item, list) else None for item in items]
            self.refuse_odd(node, sizes, name, ("matrix", "rows"), hint)
            self.refuse_odd(node, columns, name, ("matrix", "columns"), hint)
        else:
            hint = _("every row of a matrix has the same size")
            self.refuse_odd(node, sizes, name, ("row", "numbers"), hint)

    def refuse_odd(
        self, node: Sequence, sizes: list[int | None], name: str, things: tuple[str, str], hint: str
    ) -> None:
        """Add an error for each item of an unusual size; ``things``: what an item is, and what it holds."""
        known = [size for size in sizes if size is not None]
        usual = Counter(known).most_common(1)[0][0] if known else None
        for i, (size, at) in enumerate(zip(sizes, node.items, strict=True), 1):
            if size is not None and size != usual:
                odd = {
                    "item": item_name(name, things[0], i),
                    "count": COUNTS[things[1]](size),
                    "usual": usual,
                }
                message = _("{item} has {count}; the other has {usual}", **odd)
                if len(known) > 2:  # noqa: PLR2004 - itself, the other, and more
                    message = _("{item} has {count}; the others have {usual}", **odd)
                self.report.error(at, message, hint)


def length(nested: Nested) -> int | None:
    """Count a row's numbers or a matrix's rows; None of a single number or a blank."""
    return len(nested) if isinstance(nested, list) else None


def brackets(nested: Nested) -> int:
    """Count the brackets around the numbers."""
    return 1 + max(map(brackets, nested)) if isinstance(nested, list) else 0


def depths(nested: Nested, depth: int = 0) -> Iterator[int]:
    """Yield how many brackets stand around each number."""
    if isinstance(nested, list):
        for item in nested:
            yield from depths(item, depth + 1)
    elif nested is not None:
        yield depth


def item_path(name: str, i: int) -> str:
    """Name a part: ``Wq``, ``Wq[2]``, ``Wq[2,3]``."""
    return f"{name[:-1]},{i}]" if name.endswith("]") else f"{name}[{i}]"


def item_name(name: str, thing: str, i: int) -> str:
    """``Wq row 2``, or ``Wq matrix 1 row 2`` in a list of matrices."""
    base, bracket, number = name.removesuffix("]").partition("[")
    if bracket:
        return _("{name} matrix {number} row {i}", name=base, number=number, i=i)
    if thing == "matrix":
        return _("{name} matrix {i}", name=name, i=i)
    return _("{name} row {i}", name=name, i=i)


def fill_blanks(nested: Nested) -> Nested:
    """Put a row of NaN where a row is blank."""
    if not isinstance(nested, list):
        return nested
    full = next((row for row in nested if row is not None), math.nan)
    blank: Nested = np.full(np.shape(full), math.nan).tolist()  # type: ignore[arg-type]
    return [blank if row is None else row for row in nested]
