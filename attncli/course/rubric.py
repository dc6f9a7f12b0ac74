"""A teacher's rubric: what is due, what it earns, how exact it must be, and what being late costs.

It is read as strictly as a config: all mistakes in it are reported at once, each with its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Words
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from attncli.course.late import Late, read_late, read_share
from attncli.files import read_small
from attncli.homework.policy import FOLLOW_THROUGH, Policy, Tolerance
from attncli.homework.slips import sentences
from attncli.language import _, either
from attncli.problem.document import Mapping, Scalar, Sequence, kind, parse
from attncli.problem.keys import refuse_unknown
from attncli.problem.numbers import cell, whole
from attncli.report import Report, did_you_mean

if TYPE_CHECKING:
    from attncli.problem.document import Node


KEYS = ("rows", "ignore", "follow_through", "tolerance", "mistakes", "late")
DIGITS = {"decimals": 0, "significant": 1}  # and the fewest of them
PARTS = ("rtol", "atol")
MOST_DIGITS = 15
MOST_POINTS = 10_000.0


@dataclass(frozen=True)
class Rubric:
    """How a course is marked: what sheets are held to, and what late ones lose."""

    policy: Policy = field(default_factory=Policy)
    late: Late | None = None


def read_rubric(path: str, symbols: Words[str]) -> Rubric:
    """Read a rubric; ``symbols`` are the rows that can be answered.

    Raises AttnErrors with all that is wrong, in the order of the file.
    """
    report = Report()
    root = parse(read_small(path), path, report=report)
    if not isinstance(root, Mapping):
        found = _("empty") if isinstance(root, Scalar) and root.null else kind(root)
        message = _("a rubric is a mapping of keys to values; this is {found}", found=found)
        report.error(root, message, _("write {example}", example="rows: {S: 2, A: 3}"))
        raise report.together()
    for key, (node, _value) in root.pairs.items():
        if key not in KEYS:
            hint = did_you_mean(key, KEYS, _("the keys are {keys}", keys=", ".join(KEYS)))
            report.error(node, _("unknown key {key!r}", key=key[:40]), hint)
    points = read_rows(root.get("rows"), symbols, report)
    ignored = frozenset(read_symbols(root.get("ignore"), "ignore", symbols, report))
    for symbol in [symbol for symbol in points or {} if symbol in ignored]:
        message = _("{symbol} is in both rows and ignore", symbol=symbol)
        report.error(root.get("ignore"), message, _("keep it in one of them"))
    policy = Policy(
        tolerance=read_tolerance(root.get("tolerance"), report),
        due=None if points is None else tuple(points),
        points=points or {},
        ignored=ignored,
        follow_through=read_follow_through(root.get("follow_through"), report),
        mistakes=read_mistakes(root.get("mistakes"), report),
    )
    late = read_late(root.get("late"), report)
    report.raise_if_any()
    return Rubric(policy, late)


def read_rows(node: Node | None, symbols: Words[str], report: Report) -> dict[str, float] | None:
    """Read the due rows and their points: ``{S: 2, A: 3}``, or a list of rows for 1 each."""
    if not isinstance(node, Mapping):
        return None if node is None else dict.fromkeys(read_symbols(node, "rows", symbols, report), 1.0)
    points = {}
    for key, (at, value) in node.pairs.items():
        refuse_symbol(key, at, symbols, report)
        points[key] = number = cell(value, key, report)
        if not 0 <= number <= MOST_POINTS and number == number:  # noqa: PLR0124 - NaN was reported already
            message = _(
                "{name} is {number:g}; expected points from 0 to {most:g}",
                name=key,
                number=number,
                most=MOST_POINTS,
            )
            report.error(value, message)
    if not points:
        report.error(
            node,
            _("{name} lists no quantities", name="rows"),
            _("write {example}", example="rows: {S: 2, A: 3}"),
        )
    return points


def read_symbols(node: Node | None, name: str, symbols: Words[str], report: Report) -> Iterator[str]:
    """Yield the rows that a list names, each once."""
    if node is None:
        return
    if not isinstance(node, Sequence):
        message = _("{name} is {found}; expected a list of quantities", name=name, found=kind(node))
        report.error(node, message, _("write {example}", example=f"{name}: [S, A]"))
        return
    seen = set()
    for item in node.items:
        text = item.text if isinstance(item, Scalar) else kind(item)
        refuse_symbol(text, item, symbols, report)
        if text in seen:
            report.error(item, _("{symbol} is listed twice", symbol=text[:40]), _("delete one of them"))
        seen.add(text)
        yield text
    if not node.items and name == "rows":
        report.error(
            node, _("{name} lists no quantities", name=name), _("write {example}", example="rows: [S, A]")
        )


def refuse_symbol(symbol: str, node: Node, symbols: Words[str], report: Report) -> None:
    """Note a row that nobody can answer."""
    if symbol not in symbols:
        hint = did_you_mean(symbol, symbols, _("the quantities are {known}", known=", ".join(symbols)))
        report.error(node, _("{symbol!r} is not a quantity that can be answered", symbol=symbol[:40]), hint)


def read_follow_through(node: Node | None, report: Report) -> float:
    """Read what a row earns that follows from wrong ones: a word, or a share."""
    if node is None:
        return 1.0
    if isinstance(node, Scalar) and node.text in FOLLOW_THROUGH:
        return FOLLOW_THROUGH[node.text]
    count = len(report.errors)
    number = read_share(node, "follow_through", report)
    if len(report.errors) > count:
        del report.errors[count:]
        wanted = either([*FOLLOW_THROUGH, _("a share from 0 to 1")])
        message = _(
            "{name} is {found}; expected {wanted}", name="follow_through", found=kind(node), wanted=wanted
        )
        report.error(node, message)
    return 1.0 if number is None else number


def read_tolerance(node: Node | None, report: Report) -> Tolerance:
    """Read ``auto``, ``{decimals: 4}``, ``{significant: 3}`` or ``{rtol: 1e-3, atol: 1e-6}``."""
    if node is None or (isinstance(node, Scalar) and node.text == "auto"):
        return Tolerance()
    if not isinstance(node, Mapping) or not node.pairs:
        message = _("tolerance is {found}; expected auto or a mapping", found=kind(node))
        report.error(node, message, _("write {example}", example="tolerance: {decimals: 4}"))
        return Tolerance()
    refuse_unknown(node, "tolerance", (*DIGITS, *PARTS), report)
    kinds = {"rtol/atol" if key in PARTS else key for key in node.pairs if key in (*DIGITS, *PARTS)}
    if len(kinds) > 1:
        message = _("{options} do not go together", options=", ".join(sorted(kinds)))
        report.error(node, message, _("keep one of them"))
    values: dict[str, Any] = {
        key: whole(node.get(key), key, report, least=least, most=MOST_DIGITS) for key, least in DIGITS.items()
    }
    values |= {key: read_off_by(node.get(key), key, report) for key in PARTS}
    return Tolerance(**values)


def read_off_by(node: Node | None, name: str, report: Report) -> float | None:
    """Read a number from 0 up."""
    if node is None:
        return None
    number = cell(node, name, report)
    if number < 0:
        message = _("{name} is {number:g}; expected a number from 0 up", name=name, number=number)
        report.error(node, message, _("like 0.001"))
    return number


def read_mistakes(node: Node | None, report: Report) -> dict[str, float]:
    """Read what a row still earns which one of the named mistakes explains."""
    if node is None:
        return {}
    if not isinstance(node, Mapping):
        message = _("{name} is {found}; expected a mapping", name="mistakes", found=kind(node))
        report.error(node, message, _("write {example}", example="mistakes: {scale-missing: 0.5}"))
        return {}
    earned = {}
    for key, (at, value) in node.pairs.items():
        if key not in sentences():
            hint = did_you_mean(key, sentences(), _("attncli guide mistakes lists them"))
            report.error(at, _("{id!r} is not the name of a known mistake", id=key[:40]), hint)
        earned[key] = read_share(value, key, report) or 0.0
    return earned
