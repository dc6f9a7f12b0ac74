"""The rubric and the roster: what they can say, and how what they cannot is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from attncli.course.late import Late
from attncli.course.roster import read_roster
from attncli.course.rubric import Rubric, read_rubric
from attncli.errors import AttnError
from attncli.graders.records import Person
from attncli.homework.policy import Policy, Tolerance

SYMBOLS = ("Q", "Qh", "S", "A", "dWq")
DUE = datetime(2026, 3, 1, 23, 59, tzinfo=timezone(timedelta(hours=7)))


def read(folder: Path, text: str) -> Rubric:
    path = folder / "rubric.yaml"
    path.write_text(text, encoding="utf-8")
    return read_rubric(str(path), SYMBOLS)


def test_everything_that_it_can_say(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """\
        rows: {S: 2, dWq: 1/2, A: 0}
        ignore: [Qh]
        follow_through: half
        tolerance: {rtol: 1e-3, atol: 0}
        mistakes: {scale-missing: 0.5, slip-sign: 1}
        late: {due: 2026-03-01T23:59:00+07:00, penalty: 0.1, per: hour, grace: 15 minutes, most: 0.5,
               by: {column: submitted}}
        """.replace("        ", ""),
    )
    assert found == Rubric(
        Policy(
            tolerance=Tolerance(rtol=1e-3, atol=0),
            due=("S", "dWq", "A"),
            points={"S": 2, "dWq": 0.5, "A": 0},
            ignored=frozenset({"Qh"}),
            follow_through=0.5,
            mistakes={"scale-missing": 0.5, "slip-sign": 1},
        ),
        Late(DUE, 0.1, "hour", timedelta(minutes=15), 0.5, "submitted"),
    )


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("rows: [S, A]", Policy(due=("S", "A"), points={"S": 1, "A": 1})),
        ("tolerance: auto", Policy()),
        ("tolerance: {decimals: 0}", Policy(tolerance=Tolerance(decimals=0))),
        ("tolerance: {significant: 3}", Policy(tolerance=Tolerance(significant=3))),
        ("tolerance: {atol: 0.01}", Policy(tolerance=Tolerance(atol=0.01))),
        ("follow_through: none", Policy(follow_through=0)),
        ("follow_through: 0.25", Policy(follow_through=0.25)),
        ("rows: ~\nlate:", Policy()),
    ],
)
def test_each_of_its_forms(tmp_path: Path, text: str, policy: Policy) -> None:
    assert read(tmp_path, text) == Rubric(policy)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a rubric is a mapping of keys to values; this is empty"),
        ("[1]", "1:1: a rubric is a mapping of keys to values; this is a list"),
        ("rowz: [S]", "1:1: unknown key 'rowz' (did you mean 'rows'?)"),
        ("rows: [S]\nrows: [A]", "2:1: the key 'rows' appears twice"),
        ("rows: S", "1:7: rows is 'S'; expected a list of quantities"),
        ("rows: {}", "rows lists no quantities"),
        ("rows: []", "rows lists no quantities"),
        ("rows: [S, dwq]", "1:11: 'dwq' is not a quantity that can be answered (did you mean 'dWq'?)"),
        ("rows: [S, S]", "1:11: S is listed twice"),
        ("rows: [[S]]", "'a list' is not a quantity that can be answered"),
        ("rows: {S: -1}", "1:11: S is -1; expected points from 0"),
        ("rows: {S: much}", "S is 'much', which is not a number"),
        ("rows: {S: .nan}", "S is .nan; expected a finite number"),
        ("rows: {S: 1}\nignore: [S]", "2:9: S is in both rows and ignore"),
        ("ignore: [T]", "1:10: 'T' is not a quantity"),
        ("follow_through: 2", "follow_through is '2'; expected full, half, none or a share"),
        ("follow_through: lots", "follow_through is 'lots'"),
        ("tolerance: tight", "tolerance is 'tight'; expected auto or a mapping"),
        ("tolerance: {}", "tolerance is a mapping; expected auto"),
        ("tolerance: {decimal: 3}", "tolerance has no key 'decimal' (did you mean 'decimals'?)"),
        ("tolerance: {decimals: 16}", "decimals is '16'; expected a whole number from 0 to 15"),
        ("tolerance: {significant: 0}", "significant is '0'"),
        ("tolerance: {decimals: 2, rtol: 1}", "decimals, rtol/atol do not go together"),
        ("tolerance: {rtol: -1}", "rtol is -1; expected a number from 0 up"),
        ("mistakes: [scale-missing]", "mistakes is a list; expected a mapping"),
        ("mistakes: {scale-mising: 0.5}", "1:12: 'scale-mising' is not the name of a known mistake"),
        ("mistakes: {scale-missing: 1.5}", "scale-missing is 1.5; expected a share from 0 to 1"),
        ("late: tomorrow", "late is 'tomorrow'; expected a mapping"),
        ("late: {penalty: 0.1}", "due is missing"),
        ("late: {due: 2026-03-01T23:59:00+07:00}", "penalty is missing"),
        ("late: {due: 2026-03-01, penalty: 0.1}", "1:13: due is '2026-03-01'; expected a date, a time"),
        ("late: {due: 2026-03-01T23:59:00, penalty: 0.1}", "due is '2026-03-01T23:59:00'"),
        ("late: {due: [1], penalty: 0.1}", "due is a list"),
        ("late: {due: 2026-03-01T23:59:00Z, penalty: 10}", "penalty is 10; expected a share"),
        ("late: {due: 2026-03-01T23:59:00Z, penalty: 0.1, per: week}", "per is 'week'; expected day or hour"),
        ("late: {due: 2026-03-01T23:59:00Z, penalty: 0.1, grace: 15}", "grace is '15'; expected a number"),
        ("late: {due: 2026-03-01T23:59:00Z, penalty: 0.1, by: moon}", "by is 'moon'; expected file"),
        ("late: {due: 2026-03-01T23:59:00Z, penalty: 0.1, by: {}}", "by is a mapping"),
        ("late: {dew: 1}", "late has no key 'dew' (did you mean 'due'?)"),
    ],
)  # fmt: skip
def test_what_it_cannot_say(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(AttnError) as caught:
        read(tmp_path, text)
    assert says in str(caught.value)
    assert all(error.where and error.where.source.endswith("rubric.yaml") for error in caught.value.errors)


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(AttnError) as caught:
        read(tmp_path, "rows: [T]\nlate: {due: 1, penalty: 2}\nfollow_through: x\nnothing: 1")
    assert [error.where.line for error in caught.value.errors if error.where] == [1, 2, 2, 3, 4]


def test_a_file_that_is_no_rubric(tmp_path: Path) -> None:
    for data, says in ((b"\xff", "not UTF-8"), (b"a" * (17 * 2**20), "larger than 16 MiB")):
        (tmp_path / "rubric.yaml").write_bytes(data)
        with pytest.raises(AttnError, match=says):
            read_rubric(str(tmp_path / "rubric.yaml"), SYMBOLS)
    for name in (".", "nowhere.yaml"):
        with pytest.raises(AttnError, match=r"cannot be read|there is no file"):
            read_rubric(str(tmp_path / name), SYMBOLS)


@pytest.mark.parametrize(
    ("late", "after", "penalty"),
    [
        (Late(DUE, 0.1), timedelta(), None),
        (Late(DUE, 0.1), timedelta(seconds=1), 0.1),
        (Late(DUE, 0.1), timedelta(days=1), 0.1),
        (Late(DUE, 0.1), timedelta(days=1, seconds=1), 0.2),
        (Late(DUE, 0.1), timedelta(days=30), 1),
        (Late(DUE, 0.3, most=0.5), timedelta(days=30), 0.5),
        (Late(DUE, 0.1, "hour"), timedelta(minutes=61), 0.2),
        (Late(DUE, 0.1, grace=timedelta(hours=1)), timedelta(hours=1), None),
        (Late(DUE, 0.1, "hour", grace=timedelta(hours=1)), timedelta(minutes=61), 0.2),
        (Late(DUE, 0), timedelta(days=9), 0),
    ],
)
def test_what_being_late_costs(late: Late, after: timedelta, penalty: float | None) -> None:
    found = late.of((DUE + after).astimezone(UTC))
    assert (found and found["penalty"]) == penalty


@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_a_roster_as_spreadsheets_write_it(tmp_path: Path, between: str) -> None:
    path = tmp_path / "class.csv"
    lines = (
        ("Họ và tên", "Student_ID", "E-mail", "First name", "Last Name", "Section", "ID number"),
        ("Nguyễn Văn An", " B20 ", "an@ptit.vn", "An", "Nguyễn", "D20", "7"),
        ("", "", "", "", "", "", ""),
        ("Bình", "B21"),
    )
    path.write_text("\r\n".join(between.join(line) for line in lines), encoding="utf-8-sig")
    people = read_roster(str(path)).people
    assert people == {
        "B20": Person("Nguyễn Văn An", "Nguyễn", "An", "an@ptit.vn", "7", "D20"),
        "B21": Person("Bình"),
    }


def test_a_roster_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "class.csv"
    for text, says in (
        ("", "no column of"),
        ("a" * 200_000, "is not CSV"),
        ("name,email\n", "no column of"),
        ('student\n"' + "a" * 2000 + "\n", "longer than 1000"),
        ('student\n"' + "a" * 200_000, "is not CSV"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(AttnError, match=says):
            read_roster(str(path))
