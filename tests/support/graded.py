"""A small course by hand: what grading leaves in results.jsonl, and readers of what is made from it."""

from __future__ import annotations

import base64
import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

from attncli.graders import write
from attncli.graders.records import Course, Person
from attncli.homework.marks import Finding, Mark, RowMark, Verdict, WrongCell

SECRET = 0.40113377
KEY = "sha256:5ec2e7"
DETAIL = "the factor is 3.14159"
SHAPE = "it should be 99 × 77"
SECRETS = (str(SECRET), KEY, DETAIL, SHAPE, "expected")
ONE_A_SHEET = {
    "gradescope": ".json",
    "prairielearn": ".json",
    "github-classroom": ".txt",
    "markdown": ".md",
    "html": ".html",
}
TABLES = ("nbgrader", "otter", "canvas", "moodle")
COURSE = Course(
    "HW 3",
    due="2026-03-01T23:59:00+07:00",
    people={"ann": Person("Ann Lee", "Lee", "Ann", "ann@x.example", "7001", "T1")},
)


def right(symbol: str, verdict: Verdict = Verdict.CORRECT) -> RowMark:
    return RowMark(symbol, verdict, f"{symbol} = …", 9, 9, 1.0, 1.0, 0.005)


def wrong(symbol: str, yours: str = "0.41", cells: int = 1) -> RowMark:
    finding = Finding(
        "softmax-columns", symbol, f"{symbol} = softmax of each column of Z", "", "Down each column.", DETAIL
    )
    elsewhere = Finding("scale-missing", "Z", "Z = S", "", "The scores were not divided.")
    listed = tuple(
        WrongCell(f"{symbol}[wind,{j + 1}]", (0, j), yours, SECRET + 0.0 * j) for j in range(cells)
    )
    return RowMark(
        symbol, Verdict.WRONG, "", 8, 9, 0.89, 1.0, 0.005, listed, (finding, elsewhere), reason=SHAPE
    )


def line(student: str | None, file: str, *rows: RowMark, **more: object) -> dict:
    return {
        **Mark(student, "article", lambda: KEY, rows).to_dict(),
        "file": file,
        "sheet": "sha256:00",
        **more,
    }


def unreadable(student: str, file: str) -> dict:
    return {
        **line(student, file),
        "verdict": "unreadable",
        "score": 0,
        "max_score": None,
        "reason": f"expected {SHAPE}",
    }


ANN = line("ann", "ann.yaml", right("S"), right("Z", Verdict.FOLLOW_THROUGH))
BOB = line(
    "bob",
    "late/bob.yaml",
    right("S"),
    wrong("A", cells=14),
    RowMark("H", Verdict.BLANK, "", 0, 9, 0.0, 1.0),
    RowMark("O", Verdict.UNREADABLE, "", 0, 9, 0.0, 1.0, says="O is ragged"),
)
BOB = {
    **BOB,
    "score": 1.70,
    "late": {"submitted": "2026-03-02T08:00:00+07:00", "penalty": 0.1, "raw_score": 1.89},
}
BAD = unreadable("eve", "broken/eve.yaml")


def written(tmp_path: Path, name: str, lines: list[dict], course: Course = COURSE):
    results = tmp_path / "results.jsonl"
    results.write_text("".join(json.dumps(one) + "\n" for one in lines))
    return write(name, results, tmp_path / "out", course)


def texts(tmp_path: Path) -> dict[str, str]:
    """Every file that was written, by its place; what is encoded is decoded."""
    out = tmp_path / "out"
    found = {str(path.relative_to(out)): path for path in out.rglob("*") if path.is_file()}
    return {name: read(path) for name, path in found.items()}


def read(path: Path) -> str:
    data = path.read_bytes()
    return (base64.b64decode(data, validate=False) if path.suffix == ".txt" else data).decode()


def xml(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - the file under test


def strict(text: str) -> dict:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    return json.loads(text, parse_constant=refuse)


def table(text: str) -> list[dict[str, str]]:
    lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert {len(cells) for cells in lines} == {len(lines[0])}
    return [dict(zip(lines[0], cells, strict=True)) for cells in lines[1:]]
