"""Small courses to grade: a problem, and sheets of it that are right, wrong, hostile or unreadable."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import attncli

CONFIG = {
    "tokens": ["a", "b"],
    "embeddings": [[1, 2], [3, 1]],
    "Wq": [[1, 0], [1, 1]],
    "Wk": [[0, 1], [2, 1]],
    "Wv": [[1, 2], [0, 1]],
    "target": [[1, 0], [0, 1]],
}
ROWS = ("Q", "K", "V", "S", "Z", "A", "O", "L")


def right(decimals: int = 4, **changes: Any) -> dict[str, Any]:
    """The right answers of CONFIG to some of its rows, and others in place of some."""
    values = attncli.backward(attncli.load({**CONFIG, **changes.pop("config", {})})).to_dict()["values"]
    return {symbol: rounded(values[symbol], decimals) for symbol in ROWS} | changes


def rounded(value: Any, decimals: int) -> Any:
    return [rounded(item, decimals) for item in value] if isinstance(value, list) else round(value, decimals)


def hand_in(folder: Path, file: str, answers: dict[str, Any], student: str | None = None) -> Path:
    """Write a sheet."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    who = {} if student is None else {"student": student}
    path.write_text(json.dumps({**who, "answers": answers}), encoding="utf-8")
    return path


def problem(folder: Path, name: str = "config.json", **changes: Any) -> str:
    """Write the config, and return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**CONFIG, **changes}), encoding="utf-8")
    return str(path)


def course(folder: Path) -> tuple[str, str]:
    """Write a course of six sheets; return its folder and its config."""
    sheets = folder / "sheets"
    answers = right()
    hand_in(sheets, "an.json", answers, "An")
    hand_in(sheets, "binh.json", {**answers, "Z": answers["S"]}, "Bình")  # scale-missing
    hand_in(sheets, "deep/er/chi.yaml", {"L": 3.21, "Q": answers["Q"]})  # JSON is YAML
    hand_in(sheets, "dung.json", {**answers, "O": [[1.25, 7.5], [2, 3]]}, "Dũng")
    hand_in(sheets, "group/em.json", {**answers, "O": [[1.25, 7.5], [2, 3]]}, "Em")
    (sheets / "group/broken.yml").write_text("student: B\nanswers: [1,", encoding="utf-8")
    return str(sheets), problem(folder)


def results(out: Path) -> dict[str, dict[str, Any]]:
    """Read results.jsonl: the records by file."""
    lines = (out / "results.jsonl").read_text(encoding="utf-8").split("\n")
    assert lines.pop() == ""
    records = [json.loads(line) for line in lines]
    assert [record["file"] for record in records] == sorted(record["file"] for record in records)
    return {record["file"]: record for record in records}


def gradebook(out: Path, name: str = "gradebook.csv") -> dict[str, dict[str, str]]:
    """Read a table: its lines by file."""
    with (out / name).open(encoding="utf-8-sig", newline="") as stream:
        return {line["file"]: line for line in csv.DictReader(stream)}


def outcome(out: Path) -> dict[str, bytes]:
    """Every file of a folder, and what is in it."""
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}
