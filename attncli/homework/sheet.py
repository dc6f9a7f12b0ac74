"""What a student hands in: YAML, JSON or .npz with a name and answers, hostile until shown otherwise."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.errors import AttnError
from attncli.files import STDIN, check_size, decode, read_bytes, unreadable
from attncli.homework.answer import Answer, read_answer, read_array, unread
from attncli.language import N_, _
from attncli.problem.document import (
    Leaf,
    Limit,
    Mapping,
    Node,
    Scalar,
    Sequence,
    control_character,
    join_surrogates,
    kind,
    parse,
)
from attncli.problem.pasted import Budget
from attncli.problem.python import from_python, number_text
from attncli.report import Report, did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence as AnySequence

    from numpy.typing import NDArray


KEYS = ("student", "answers")
MAX_BYTES = 4 * 2**20
MAX_NAME = 200
MAX_NOTES = 10
LIMIT = Limit(100_000, N_("a sheet holds the quantities of one page"))
ANSWERS = N_("write answers: and below it the quantities, like S: [[2, 1], [0, 2]]")
NPY, ZIP, UTF_16 = b"\x93NUMPY", (b"PK\x03\x04", b"PK\x05\x06"), (b"\xff\xfe", b"\xfe\xff")
_QUICK_DEPTH = 8
_BRACKETS = b"[]{}"
_STRUCTURE = b",:" + _BRACKETS
_NO_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))
_NO_STRUCTURE = bytes(set(range(256)) - set(_STRUCTURE))
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
_QUESTION = re.compile(
    r"""("[^"\n]*"|'[^'\n]*')|(?:^|(?<=[\[,\s]))\?(?=[ \t\r]*(?:[,\]#]|$))""", re.MULTILINE
)


@dataclass(frozen=True, eq=False)
class Sheet:
    """What one student hands in.

    ``answers`` are by symbol, whether or not the page has such a row; what was left blank as a whole
    is not among them. ``notes`` say what else stands in the sheet and was not read.
    """

    student: str | None
    answers: AnyMapping[str, Answer]
    notes: tuple[str, ...] = ()


def read_sheet(data: bytes, shown: str) -> Sheet:
    """Read the bytes of a sheet; ``shown`` is its name in messages.

    Raises AttnError where it is too large, no text or no .npz file, AttnErrors, with places, where it is
    neither YAML nor JSON, has no answers, or has a key twice. An answer that cannot be read is no error.
    """
    if data.startswith(ZIP):
        return from_npz(data, shown)
    if data.startswith(NPY):
        message = _("{file!r} holds one array, and no name of a quantity", file=shown)
        raise AttnError(message, hint=_("save it with np.savez(file, S=…, A=…)"))
    if data.startswith(UTF_16) and len(data) <= MAX_BYTES:
        try:
            data = data.decode("utf-16").encode()
        except UnicodeDecodeError:
            message = _("{file} is not UTF-16, though its first bytes say so", file=shown)
            raise AttnError(message, hint=_("save it as UTF-8")) from None
    text = decode(data, shown, MAX_BYTES, _(LIMIT.advice))
    return from_json(data, text) or from_yaml(text, shown)


def from_npz(data: bytes, shown: str) -> Sheet:
    """Read arrays named by symbols, as ``np.savez`` writes them; ``student`` may be a text among them.

    Raises AttnError where they cannot be read, or are more than a sheet holds.
    """
    from attncli.problem.matrices import read_arrays  # noqa: PLC0415 - few sheets are arrays

    check_size(data, shown, MAX_BYTES, _(LIMIT.advice))
    arrays = read_arrays(io.BytesIO(data), shown, 8 * LIMIT.values)
    names = arrays.pop("student", np.empty(0))
    student = str(names.flat[0])[:MAX_NAME] if names.size == 1 else None
    return Sheet(name_of(student), read_answers(arrays))


def from_options(options: AnySequence[str]) -> Sheet:
    """Read ``S=[[2,1],[0,2]]``, one row an option; raises AttnErrors where one cannot be read."""
    report = Report()
    trees: dict[str, Any] = {}
    for option in options:
        symbol, equals, value = option.partition("=")
        symbol = symbol.strip()
        try:
            if not equals or not symbol:
                message = _("{text!r} is not QUANTITY=NUMBERS", text=option[:40])
                raise AttnError(message, hint=_("like --answer 'S=[[2,1],[0,2]]'"))  # noqa: TRY301
            if symbol in trees:
                message = _("{symbol!r} is answered twice", symbol=symbol[:40])
                raise AttnError(message, hint=_("keep one of them"))  # noqa: TRY301
            trees[symbol] = as_tree(parse(without_questions(value), "--answer", shown=option, limit=LIMIT))
        except AttnError as error:
            for one in error.errors:
                report.add(one)
    report.raise_if_any()
    return Sheet(None, read_answers(trees))


def from_mapping(sheet: AnyMapping[str, Any]) -> Sheet:
    """Read ``{"student": …, "answers": {…}}`` of Python: numbers, texts, lists and arrays.

    Raises AttnErrors as :func:`read_sheet` does.
    """
    arrays: dict[str, NDArray[Any]] = {}
    if isinstance(sheet, AnyMapping) and isinstance(answers := sheet.get("answers"), AnyMapping):
        arrays = {symbol: found for symbol, value in answers.items() if (found := floats(value)) is not None}
        sheet = {**sheet, "answers": {**answers, **dict.fromkeys(arrays)}}
    return from_node(from_python(sheet, "sheet"), Report(), arrays)


def floats(value: object) -> NDArray[Any] | None:
    """Return an array, or lists of them, of whatever library; None where it is none, of texts, or large."""
    first = value
    for _level in range(_QUICK_DEPTH):  # a list may hold itself
        first = first[0] if isinstance(first, list | tuple) and first else first
    try:
        found = np.asarray(value) if hasattr(first, "__array__") else None
    except Exception:  # noqa: BLE001 - another library's code; from_python says what it says
        return None
    return None if found is None or found.dtype.kind in "OUS" or found.size > LIMIT.values else found


def from_json(data: bytes, text: str) -> Sheet | None:
    """Read JSON at the speed of the json module; None where there is anything odd about it."""
    if not text.lstrip().startswith("{") or is_odd(data, text):
        return None
    try:
        top = _decode_json(text)
    except (ValueError, RecursionError):
        return None
    student, answers = top.get("student"), top.get("answers")
    if not isinstance(answers, dict) or not isinstance(student, str | None):
        return None
    if student is not None and len(student) > MAX_NAME:
        return None
    return Sheet(name_of(student), read_answers(answers), unread_notes(top))


def is_odd(data: bytes, text: str) -> bool:
    """Whether a text may hold more or other than the json module should be let loose on."""
    structure = data.translate(None, _NO_STRUCTURE)
    if len(structure) >= LIMIT.values:
        return True
    brackets = structure.translate(None, _NO_BRACKETS)
    for _level in range(_QUICK_DEPTH):
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    if brackets or _HALF_CHARACTER.search(text):
        return True
    return "\x7f" in text or not (text.isascii() or control_character(text) is None)


def without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a mapping; raises ValueError where a key stands twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


_decode_json = json.JSONDecoder(
    object_pairs_hook=without_twins, parse_float=str, parse_int=str, parse_constant=str
).decode


def from_yaml(text: str, shown: str) -> Sheet:
    """Read YAML, or JSON that is odd; raises AttnErrors with places."""
    report = Report()
    text = join_surrogates(text)
    return from_node(parse(without_questions(text), shown, shown=text, report=report, limit=LIMIT), report)


def without_questions(text: str) -> str:
    """Write ~ where a ? stands alone: YAML takes it for the beginning of a key."""
    return _QUESTION.sub(lambda match: match[1] or "~", text) if "?" in text else text


def from_node(root: Node, report: Report, arrays: dict[str, NDArray[Any]] | None = None) -> Sheet:
    """Read the tree of a sheet; raises what is in the report, and what is wrong with the tree.

    ``arrays`` are the answers that came as such.
    """
    if isinstance(root, Scalar) and root.null:
        report.error(root, _("this sheet is empty"), _(ANSWERS))
        raise report.together()
    if not isinstance(root, Mapping):
        found = _("a word") if isinstance(root, Scalar) else kind(root)
        report.error(
            root, _("a sheet is a mapping of keys to values; this is {found}", found=found), _(ANSWERS)
        )
        raise report.together()
    student, answers = student_of(root, report), answers_of(root, report)
    report.raise_if_any()
    trees = {symbol: as_tree(value) for symbol, (_key, value) in answers.pairs.items()} | (arrays or {})
    return Sheet(name_of(student), read_answers(trees), unread_notes(root.pairs))


def student_of(root: Mapping, report: Report) -> str | None:
    """Read who hands it in: any text, as it was written."""
    node = root.get("student")
    if node is None:
        return None
    if not isinstance(node, Scalar):
        report.error(
            node, _("student is {found}; expected a name", found=kind(node)), _("student: B20DCCN001")
        )
        return None
    if len(node.text) > MAX_NAME:
        message = _("student is longer than {most} characters", most=MAX_NAME)
        report.error(node, message, _("a name or a number is enough"))
    return node.text


def answers_of(root: Mapping, report: Report) -> Mapping:
    """Find the answers; there may be none among them."""
    nothing = Mapping(root.source, root.line, root.column)
    if "answers" not in root.pairs:
        for key, (node, _value) in root.pairs.items():
            if nearest(key, KEYS) == "answers":
                report.error(node, _("unknown key {key!r}", key=key[:40]), did_you_mean(key, KEYS))
                return nothing
        report.error(root, _("this sheet has no answers"), _(ANSWERS))
        return nothing
    found = root.get("answers")
    if found is not None and not isinstance(found, Mapping):
        message = _("answers is {found}; expected quantities and their numbers", found=kind(found))
        report.error(found, message, _(ANSWERS))
    return found if isinstance(found, Mapping) else nothing


def name_of(student: str | None) -> str | None:
    """Return a name without the spaces around it; None where nothing is left."""
    return (student or "").strip() or None


def as_tree(node: Node) -> Any:  # noqa: ANN401 - nested lists of texts, as the json module makes them
    """Return what a node holds; an empty mapping stands for any."""
    match node:
        case Scalar():
            return node.text
        case Sequence():
            return [as_tree(item) for item in node.items]
        case Leaf():
            return texts(node.array.tolist())
    return {}


def texts(numbers: Any) -> Any:  # noqa: ANN401
    """Write out the numbers of nested lists."""
    if isinstance(numbers, list):
        return [texts(item) for item in numbers]
    return numbers if isinstance(numbers, str) else number_text(numbers)


def read_answers(trees: AnyMapping[str, Any]) -> dict[str, Answer]:
    """Read the answers, each for itself; what was left blank is not among them."""
    budget = Budget(2 * MAX_BYTES)
    answers = {symbol: read_one(tree, budget) for symbol, tree in trees.items()}
    return {symbol: answer for symbol, answer in answers.items() if answer is not None}


def read_one(tree: Any, budget: Budget) -> Answer | None:  # noqa: ANN401
    """Read an answer, a text, lists of them or an array; None where it was left blank."""
    if not isinstance(tree, np.ndarray):
        return read_answer(tree, budget)
    if tree.dtype.kind == "f":
        return read_array(tree)
    if tree.dtype.kind in "iubU":
        return read_answer(texts(tree.tolist()), budget)
    return unread(_("it is an array of {dtype}; expected numbers", dtype=tree.dtype))


def unread_notes(keys: Iterable[str]) -> tuple[str, ...]:
    """Say which keys of a sheet are not read: it cannot bring its own config, tolerance or score."""
    notes: list[str] = []
    for key in (key for key in keys if key not in KEYS):
        if len(notes) == MAX_NOTES:
            return (*notes, _("more than {most} keys of the sheet are not read", most=MAX_NOTES))
        hint = did_you_mean(key, KEYS)
        note = _("the sheet's key {key!r} is not read", key=key[:40])
        notes.append(f"{note}; {hint}" if hint else note)
    return tuple(notes)


def load_sheet(source: str | os.PathLike[str] | bytes | AnyMapping[str, Any]) -> Sheet:
    """Read a sheet, wherever it comes from; the name of a file stands in for a student's."""
    if isinstance(source, bytes):
        return read_sheet(source, "sheet")
    if isinstance(source, AnyMapping):
        return from_mapping(source)
    path = os.fspath(source)
    if path == STDIN:
        return read_sheet(sheet_bytes(path), "<stdin>")
    sheet = read_sheet(sheet_bytes(path), path)
    return sheet if sheet.student is not None else replace(sheet, student=Path(path).stem)


def sheet_bytes(path: str) -> bytes:
    """Read a sheet's bytes, or as many as show that it is too large. Raises AttnError."""
    try:
        return read_bytes(path, MAX_BYTES)
    except FileNotFoundError:
        raise AttnError(
            _("there is no sheet {file!r}", file=path),
            hint=_("name a YAML, JSON or .npz file, or - for standard input"),
        ) from None
    except IsADirectoryError:
        raise AttnError(
            _("{file!r} is a folder", file=path), hint=_("attncli grade marks a folder of sheets")
        ) from None
    except (OSError, ValueError) as error:
        raise unreadable("<stdin>" if path == STDIN else path, error) from None
