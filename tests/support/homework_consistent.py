"""Sheets with one wrong forward row and the right gradients of that: one mistake, not two."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from attncli.homework.key import Key
from attncli.ops.linear import DIVIDE, MULTIPLY
from attncli.ops.softmax import SOFTMAX_GRADIENT, softmax
from tests.support.homework_honest import accused
from tests.support.homework_problems import problems
from tests.support.homework_sheets import Hand, Values, differ, marked, worked
from tests.support.homework_slips import lost_marks

Own = Mapping[str, Any]
Wrong = dict[str, Callable[[Own], np.ndarray]]

LN2 = np.log(2.0)
STEP = 1e-5


class Consistent(NamedTuple):
    """What became of such a sheet: what was named in the wrong row and elsewhere, which other rows lost."""

    problem: str
    id: str
    symbol: str
    here: frozenset[str]
    elsewhere: dict[str, list[str]]
    lost: tuple[str, ...]
    key: Key
    values: Values

    @property
    def named(self) -> bool:
        """Whether the mistake was named."""
        return self.id in self.here

    @property
    def clean(self) -> bool:
        """Whether nothing was said of another row."""
        return not self.elsewhere

    @property
    def fair(self) -> bool:
        """Whether no other row lost a mark."""
        return not self.lost


def consistent(seed: int, count: int, decimals: int, ids: Collection[str] = ()) -> Iterator[Consistent]:
    """Hand in a sheet with each such mistake, for so many problems."""
    hand = Hand(decimals)
    for name, key in problems(seed, count):
        right = worked(key, hand)
        told = {mistake.id for row in key.mistakes.values() for mistake in row}
        for id_, wrong in mistakes(key).items():
            symbol = next(iter(wrong))
            if id_ not in told or (ids and id_ not in ids):
                continue
            values = worked(key, hand, wrong=wrong)
            if values.keys() != right.keys() or not differ(values[symbol], right[symbol]):
                continue
            mark = marked(key, hand, values)
            found = accused(mark)
            here = frozenset(found.pop(symbol, ()))
            rows = tuple(row for row in lost_marks(mark) if row != symbol)
            yield Consistent(name, id_, symbol, here, found, rows, key, values)


def mistakes(key: Key) -> dict[str, Wrong]:
    """Write down each such mistake that this page can have: its own row first, then those that go with it."""
    return {**of_projection(key), **of_scores(key), **of_scale(key), **of_softmax(key), **of_loss(key)}


def of_projection(key: Key) -> dict[str, Wrong]:
    """X·Wqᵀ, and the gradients of that."""
    row = key.page.row.get("Q")
    if row is None or len(row.args) > 2 or np.ptp(key.given["Wq"].shape) or "dX_Q" not in key.page.row:
        return {}
    return {
        "projection-transposed": {
            "Q": lambda own: own["X"] @ own["Wq"].mT,
            "dWq": lambda own: own["dQ"].mT @ own["X"],
            "dX_Q": lambda own: own["dQ"] @ own["Wq"],
        }
    }


def of_scores(key: Key) -> dict[str, Wrong]:
    """K·Qᵀ."""
    if "S" not in key.page.row:
        return {}
    q, k = key.page.row["S"].args[0], key.page.row["S"].args[1].removesuffix("ᵀ")
    if q not in key.page.row or k not in key.page.row or key.values[q].shape[-2] != key.values[k].shape[-2]:
        return {}
    return {
        "scores-swapped": {
            "S": lambda own: own[k] @ own[q].mT,
            f"d{q}": lambda own: own["dS"].mT @ own[k],
            f"d{k}": lambda own: own["dS"] @ own[q],
        }
    }


def of_scale(key: Key) -> dict[str, Wrong]:
    """Other scales of the scores, each with its own derivative."""
    row, d_k = key.page.row.get("Z"), key.problem.sizes.get("d_k", 1)
    if row is None or row.op not in {DIVIDE, MULTIPLY} or row.args[1] != "√d_k" or "dS" not in key.page.row:
        return {}
    back = key.page.row["dS"].args[0]

    def times(number: float) -> Wrong:
        return {"Z": lambda own: own["S"] * number, "dS": lambda own: own[back] * number}

    return {
        "scale-missing": times(1.0),
        "scale-by-dk": times(1 / d_k),
        "scale-multiplied": times(d_k**0.5),
        "scale-by-dmodel": times(key.problem.sizes.get("d_model", 1) ** -0.5),
        "scale-by-n": times(key.problem.sizes["n"] ** -0.5),
        "scale-subtracted": {"Z": lambda own: own["S"] - d_k**0.5, "dS": lambda own: own[back]},
    }


def of_softmax(key: Key) -> dict[str, Wrong]:
    """Other ways from scores to weights, each with its own derivative."""
    row = key.page.row.get("A")
    back = next((row for row in key.page.rows if row.op is SOFTMAX_GRADIENT and row.args[0] == "A"), None)
    if row is None or back is None:
        return {}
    b, db, masked = row.args[0], back.symbol, key.problem.form.masked

    def both(weights: Callable[[Any], Any], gradient: Callable[[Any, Any, Any], Any]) -> Wrong:
        return {
            "A": lambda own: weights(own[b]),
            db: lambda own: gradient(own["A"], own["dA"], own[b]),
        }

    def total(matrix: Any, *axes: int) -> Any:
        return matrix.sum(axis=axes, keepdims=True)

    def twice(a: Any, da: Any, scores: Any) -> Any:
        once = softmax(scores)
        middle = a * (da - total(a * da, -1))
        return once * (middle - total(once * middle, -1))

    found = {
        "softmax-columns": both(
            lambda s: np.exp(s) / total(np.exp(s), -2), lambda a, da, _: a * (da - total(a * da, -2))
        ),
        "softmax-whole": both(
            lambda s: np.exp(s) / total(np.exp(s), -2, -1), lambda a, da, _: a * (da - total(a * da, -2, -1))
        ),
        "softmax-base-2": both(
            lambda s: np.exp2(s) / total(np.exp2(s), -1), lambda a, da, _: LN2 * a * (da - total(a * da, -1))
        ),
        "softmax-not-normalised": both(np.exp, lambda a, da, _: a * da),
        "softmax-sigmoid": both(lambda s: 1 / (1 + np.exp(-s)), lambda a, da, _: a * (1 - a) * da),
    }
    if not masked:
        found["softmax-no-exp"] = both(
            lambda s: s / total(s, -1), lambda a, da, s: (da - total(a * da, -1)) / total(s, -1)
        )
        found["softmax-twice"] = both(lambda s: softmax(softmax(s)), twice)
    elif {"M", "dZ"} <= key.page.row.keys() and len(key.page.row["M"].args) == 2:
        found["mask-missing"] = {"M": lambda own: own["Z"], "dZ": lambda own: own["dM"]}
    return found


def of_loss(key: Key) -> dict[str, Wrong]:
    """The mean for the sum, the sum for the mean, another logarithm: with the gradients of that."""
    setting = key.setting
    if setting.loss is None or setting.loss[0] == "upstream":
        return {}
    name, reduction = setting.loss
    rows = [key.page.row[symbol] for symbol in ("L", "dP", "dO") if symbol in key.page.row]

    def times(number: float) -> Wrong:
        return {row.symbol: scaled(row, number) for row in rows}

    def scaled(row: Any, number: float) -> Callable[[Own], np.ndarray]:
        return lambda own: number * row.compute(own, on_paper=True)

    found = {
        "loss-sum" if reduction == "mean" else "loss-mean": times(
            setting.count if reduction == "mean" else 1 / setting.count
        )
    }
    if name in {"bce", "ce"}:
        found["loss-log2"] = times(1 / LN2)
    if name == "bce":
        n = setting.count if reduction == "mean" else 1.0

        def counted(own: Own) -> Any:
            return np.where(np.isnan(own["Y"]), 0.0, own["P"] - own["Y"])

        found["loss-mse"] = {
            "L": lambda own: (counted(own) ** 2).sum() / n,
            "dP": lambda own: 2 * counted(own) / n,
            "dO": lambda own: 2 * counted(own) / n * own["P"] * (1 - own["P"]),
        }
    return found


def gradient_error(key: Key, wrong: Wrong) -> float:
    """How far the gradients of a mistake lie from what small steps of a given do to its own loss."""
    hand = Hand(12, along=False)

    def loss(given: Mapping[str, np.ndarray]) -> float:
        values = worked(key, hand, wrong=wrong, given=given)
        own = {**key.given, **given, **values}
        return float(wrong["L"](own) if "L" in wrong else key.page.row["L"].compute(own))

    values = worked(key, hand, wrong=wrong)
    worst = 0.0
    for symbol in ("X", "E", "Wq", "Wk", "Wv", "Wo"):
        if f"d{symbol}" in values:
            index = (0,) * key.given[symbol].ndim
            losses = []
            for step in (STEP, -STEP):
                moved = key.given[symbol].copy()
                moved[index] += step
                losses.append(loss({symbol: moved}))
            slope = (losses[0] - losses[1]) / (2 * STEP)
            size = max(1.0, float(np.abs(values[f"d{symbol}"]).max()))
            worst = max(worst, abs(slope - float(values[f"d{symbol}"][index])) / size)
    return worst
