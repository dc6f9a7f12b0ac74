"""Make the sheets of tests/data/sheets: a small course that has worked the article by hand, and one block.

Each student works the page from top to bottom, rounds every row before using it, and may have a row
wrong: then everything after it is made from that wrong row. Run it from the top of the checkout:

    python tests/support/make_sheets.py
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import attncli
from attncli.calculation import backward_setting

FOLDER = Path(__file__).parents[1] / "data" / "sheets"
FINAL = ("L", "dWq", "dWk", "dWv", "dX")

Wrong = Mapping[str, Callable[[dict], np.ndarray]]

FORGOT_SCALE: Wrong = {"Z": lambda own: own["S"]}
DOWN_COLUMNS: Wrong = {"A": lambda own: (e := np.exp(own["Z"])) / e.sum(axis=0)}
NO_V_PATH: Wrong = {"dX": lambda own: own["dX_Q"] + own["dX_K"]}
SCALE_BY_DK: Wrong = {"Z": lambda own: own["S"] / own["√d_k"] ** 2}


def worked(decimals: int, wrong: Wrong, problem: str | Path = "article") -> dict[str, np.ndarray]:
    """Work a page out as a student does; the article's, if it is not said otherwise."""
    result = attncli.backward(attncli.load(problem))
    rounding = attncli.Rounding(decimals)
    rows = {row.symbol: row for row in result.rows}
    own = backward_setting(result.problem, None, None).given
    for symbol, row in rows.items():
        made = wrong[symbol](own) if symbol in wrong else row.compute(own, on_paper=True)
        own[symbol] = rounding.matrix(np.asarray(made, dtype=float))
    return {symbol: own[symbol] for symbol in rows}


def written(value: np.ndarray, decimals: int) -> str:
    """Write a row as a student does: whole numbers whole, others with all their decimals."""
    shown = 0 if (value == np.rint(value)).all() else decimals
    if value.ndim == 0:
        return f" {value:z.{shown}f}"
    lines = [f"[{', '.join(f'{number:z.{shown}f}' for number in line)}]" for line in np.atleast_2d(value)]
    return f" {lines[0]}" if value.ndim == 1 else "".join(f"\n    - {line}" for line in lines)


def yaml_sheet(
    student: str | None,
    decimals: int,
    wrong: Wrong,
    only: tuple[str, ...] = (),
    problem: str | Path = "article",
) -> str:
    """Write a sheet as YAML."""
    answers = worked(decimals, wrong, problem)
    kept = {symbol: written(answers[symbol], decimals) for symbol in only or answers}
    head = f"student: {student}\n" if student else ""
    return head + "answers:\n" + "".join(f"  {symbol}:{text}\n" for symbol, text in kept.items())


def json_sheet(student: str, decimals: int) -> str:
    """Write a sheet as JSON."""
    answers = {symbol: value.tolist() for symbol, value in worked(decimals, {}).items()}
    return json.dumps({"student": student, "answers": answers}, ensure_ascii=False) + "\n"


def without_residual(folder: Path) -> Path:
    """Write the built-in block with no residual around its attention, to be worked out rightly."""
    text = (Path(__file__).parents[2] / "configs" / "block.yaml").read_text(encoding="utf-8")
    changed = re.sub(r"R  = X1 \+ O\b", "R  = 1·O   ", text)
    assert changed != text
    path = folder / "block.yaml"
    path.write_text(changed, encoding="utf-8")
    return path


def block_sheet() -> str:
    """Write the sheet of somebody who left that residual out and went on rightly, gradients included."""
    with TemporaryDirectory() as folder:
        return yaml_sheet("B20DCCN009", 4, {}, problem=without_residual(Path(folder)))


SHEETS = {
    "forgot_scale.yaml": yaml_sheet("B20DCCN001", 4, FORGOT_SCALE),
    "rounded.yaml": yaml_sheet("B20DCCN002", 2, {}),
    "exact.json": json_sheet("B20DCCN003", 12),
    "hoa.yaml": yaml_sheet("Nguyễn Thị Hoà", 3, DOWN_COLUMNS),
    "two_mistakes.yaml": yaml_sheet("B20DCCN005", 4, {**FORGOT_SCALE, **NO_V_PATH}),
    "group-2/final_only.yaml": yaml_sheet("B20DCCN006", 4, SCALE_BY_DK, FINAL),
    "group-2/forward_only.yaml": yaml_sheet(None, 2, {}, ("Q", "K", "V", "S", "Z", "A", "O")),
    "block_no_residual.yaml": block_sheet(),
    "broken/unreadable.yaml": "student: B20DCCN008\nanswers:\n  S: [[11, 2, 1]\n  A: [[0.5, 0.5]]\n",
}

if __name__ == "__main__":
    for name, text in SHEETS.items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"{name}: {len(text):,} characters")
