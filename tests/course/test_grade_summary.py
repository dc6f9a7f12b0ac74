"""What is counted of a course: shared wrong numbers, scores in the middle, students with two sheets."""

from __future__ import annotations

from typing import Any

import pytest

from attncli.course.summary import Summary
from attncli.show.grade import same_wrong


def row(symbol: str, *wrong: str, mistake: str = "", points: float = 0.0) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "verdict": "wrong" if wrong else "correct",
        "cells": 9,
        "points": points,
        "max_points": 1.0,
        "wrong_cells": [{"cell": f"{symbol}[1,{i}]", "yours": text} for i, text in enumerate(wrong)],
        "mistakes": [{"id": mistake, "formula": f"{symbol} = x"}] if mistake else [],
    }


def sheet(student: str, *rows: dict[str, Any], key: str = "k", **more: Any) -> dict[str, Any]:
    score = {"score": sum(one["points"] for one in rows), "max_score": float(len(rows))}
    about = {"student": student, "file": f"{student}.yaml", "key": key, "verdict": "wrong"}
    return about | score | {"rows": list(rows)} | more


def shared(*sheets: dict[str, Any]) -> list[tuple[list[str], tuple[str, ...], bool]]:
    found = Summary.of(sheets)
    return [
        ([found.students[i] for i in same.sheets], same.rows, same.explained) for same in found.same_wrong
    ]


def test_the_same_wrong_cells_of_a_row() -> None:
    assert shared(sheet("a", row("S", "1.5", "7")), sheet("b", row("S", "1.5", "7"))) == [
        (["a", "b"], ("S",), False)
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (sheet("a", row("S", "1.5")), sheet("b", row("S", "1.5"))),  # one cell is chance
        (sheet("a", row("S", "1.5", "7")), sheet("b", row("S", "1.5", "7.0"))),
        (sheet("a", row("S", "1.5", "7")), sheet("b", row("A", "1.5", "7"))),
        (sheet("a", row("S", "0", "0.00")), sheet("b", row("S", "0", "0.00"))),
        (sheet("a", row("S", "1", "7"), key="one"), sheet("b", row("S", "1", "7"), key="other")),
        (sheet("a", row("S", "1", "7"), file="1"), sheet("a", row("S", "1", "7"), file="2")),
    ],
)
def test_what_is_no_copy(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert shared(first, second) == []


def test_single_cells_in_two_rows() -> None:
    a = sheet("a", row("S", "1.5"), row("L", "3"))
    b = sheet("b", row("S", "1.5"), row("L", "3"))
    c = sheet("c", row("S", "1.5"), row("L", "4"))
    assert shared(a, b, c) == [(["a", "b"], ("S", "L"), False)]


def test_what_no_mistake_explains_comes_first() -> None:
    known = row("Z", "1", "2", "3", mistake="scale-missing")
    slip = row("A", "5", "6", mistake="slip-sign")
    found = shared(
        sheet("a", known), sheet("b", known), sheet("c", slip), sheet("d", slip), sheet("e", known)
    )
    assert found == [(["c", "d"], ("A",), False), (["a", "b", "e"], ("Z",), True)]


@pytest.mark.parametrize(
    ("rows", "explained", "slip"),
    [
        ([row("S", "5", "6", mistake="slip-transposed")], False, True),
        ([row("S", "5", "6", mistake="slip-one-cell")], False, False),  # that may hold any number
        ([row("S", "5", "6", mistake="slip-sign"), row("Z", "1", "2", mistake="scale-missing")], False, True),
        ([row("S", "5", "6", mistake="slip-sign"), row("Z", "1", "2")], False, False),
        ([row("Z", "1", "2", mistake="scale-missing")], True, False),
    ],
)
def test_slips_that_two_honest_students_make(
    rows: list[dict[str, Any]], *, explained: bool, slip: bool
) -> None:
    found = Summary.of([sheet("a", *rows), sheet("b", *rows)])
    (same,) = found.to_dict()["same_wrong"]
    assert (same["explained"], same["slip"]) == (explained, slip)
    (said,) = same_wrong(found)
    assert ("a mistake explains" in said, "a slip explains" in said) == (explained, slip)


def test_the_middle() -> None:
    scores = [0.0, 0.25, 1.0, 1.0]
    found = Summary.of(sheet(str(i), row("S", points=score)) for i, score in enumerate(scores))
    assert (found.mean, found.median) == (56.25, 62.5)
    assert found.distribution == [1, 0, 1, 0, 0, 0, 0, 0, 0, 2]
    assert (
        Summary.of(sheet(str(i), row("S", points=score)) for i, score in enumerate(scores[:3])).median == 25
    )
    empty = Summary.of([sheet("a", verdict="unreadable", reason="why")])
    assert (empty.mean, empty.median, empty.hardest, empty.unreadable) == (None, None, None, 1)


def test_the_hardest_row_and_the_commonest_mistakes() -> None:
    wrong = row("Z", "1", "2", mistake="scale-missing", points=0.5)
    found = Summary.of(
        [
            sheet("a", row("S", points=1), wrong, row("M", "3", mistake="scale-missing", points=0.9)),
            sheet("b", row("S", points=1), wrong),
            sheet("c", row("S", "9", mistake="scores-qq", points=0.75), row("Z", points=1)),
        ],
        ("S", "Z", "M"),
    )
    assert found.symbols == ["S", "Z", "M"]
    assert Summary.of([sheet("a", row("S"), row("=x", "1"))], ("S",)).rows.keys() == {"S"}
    assert found.hardest == "Z"
    assert found.mistakes == {"scale-missing": 2, "scores-qq": 1}
    assert found.formulas["scale-missing"] == "Z = x"
    assert Summary.of([sheet("a", row("S", points=1))]).hardest is None


def test_two_sheets_of_one_student_however_they_spell_it() -> None:
    found = Summary.of([sheet("B20"), sheet("b20 ", file="2"), sheet("B21")])
    assert found.duplicates == {"B20": ["B20.yaml", "2"]}
    assert found.with_duplicates == {"B20", "b20 "}
