"""Every gradient of every built-in problem against differences of the loss."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import attncli
from attncli.calculation import whole_page
from attncli.page.attention import COUNTS
from attncli.page.page import Page
from attncli.problem.sources import builtin_names

STEP = 1e-4
AGREES = 1e-8


class LossOf:
    """The loss as a function of any one quantity of a problem's page, the rest worked out from it."""

    def __init__(self, result: attncli.Result) -> None:
        problem, loss = result.problem, result.loss
        assert loss is not None
        page = whole_page(problem.form, problem.given_rows, loss.name, mean=loss.reduction == "mean")
        self.loss = loss
        self.page = Page(tuple(row for row in page.rows if not row.backward))
        constants = {"h": problem.form.heads, "mask": problem.mask, "c": problem.scale, "N": 1.0}
        constants |= problem.numbers
        self.given = {
            **constants,
            **result.constants,
            **{s: v for s, v in result.values.items() if s not in page.row},
        }
        self.constants = result.constants
        self.probabilities = result.values.get("P")

    def at(self, symbol: str, via: str, value: np.ndarray) -> float:
        if symbol == "P":  # the page works L out from O: take its definition instead
            count = next((self.constants[name] for name in COUNTS if name in self.constants), 1.0)
            y = self.given["Y"]
            return float(-(y * np.log(value) + (1 - y) * np.log(1 - value)).sum() / count)
        page, given = self.page, {**self.given, symbol: value}
        if via:  # dX_Q: X moves on its way into Q alone
            page = Page(
                tuple(
                    replace(row, args=tuple("path" if arg == symbol else arg for arg in row.args))
                    if row.symbol == via
                    else row
                    for row in page.rows
                )
            )
            given = {**self.given, "path": value}
            return float(page.evaluate(given)["L"])
        return float(page.without({symbol}).evaluate(given)["L"])

    def gradient(self, symbol: str, via: str, value: np.ndarray) -> np.ndarray:
        slopes = np.zeros_like(value)
        for index in np.ndindex(value.shape):
            if not np.isfinite(value[index]):
                continue  # a masked score: −∞ stays −∞
            at = []
            for steps in (-2, -1, 1, 2):
                moved = value.copy()
                moved[index] += steps * STEP
                at.append(self.at(symbol, via, moved))
            slopes[index] = (8 * (at[2] - at[1]) - (at[3] - at[0])) / (12 * STEP)
        return slopes


@pytest.mark.parametrize(
    ("loss", "reduction"), [("bce", "sum"), ("bce", "mean"), ("mse", "mean"), ("sum", "sum")]
)
@pytest.mark.parametrize("name", builtin_names())
def test_every_gradient_is_the_slope_of_the_loss(name: str, loss: str, reduction: str) -> None:
    result = attncli.backward(attncli.load(name), loss=loss, reduction=reduction)
    slope_of = LossOf(result)
    compared = set()
    for row in result.rows:
        if not row.backward:
            continue
        slopes = slope_of.gradient(row.of, row.via, result[row.of].astype(float))
        size = max(np.abs(slopes).max(), np.abs(result["dO"]).max())
        assert np.abs(slopes - result[row.symbol]).max() <= AGREES * max(1.0, size), row.formula
        compared.add(row.symbol)
    assert {"dX", "dWq", "dWk", "dWv", "dA", "dS", "dO"} <= compared
