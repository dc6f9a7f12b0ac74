"""Each operation by itself: its text, numbers, gradient and cells, against PyTorch and fifty digits."""

from __future__ import annotations

import importlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from attncli.ops.expression import ASCII, cells_of, spell, value_of
from attncli.ops.loss import WEIGHTED
from attncli.ops.mask import Mask
from attncli.ops.op import Op
from attncli.page.chain_rule import gradient_rows
from attncli.page.noise import Errors
from attncli.page.operands import operand
from attncli.page.page import Page, Row, strict
from tests.show.test_explain import ALLOWED

FILE = Path(__file__).parents[1] / "data" / "operations.json"
ENTRIES = {entry["name"]: entry for entry in json.loads(FILE.read_text(encoding="utf-8"))}
NAMES = sorted(ENTRIES)
EXACT = sorted(name for name, entry in ENTRIES.items() if "exact" in entry)
PLAIN = sorted(ENTRIES.keys() - EXACT)  # in the others PyTorch has fewer digits
AGREES = 1e-12
STEP = 1e-4
MATRIX = 2
EPS = float(np.finfo(float).eps)


def operation(name: str) -> Op:
    """Return an operation by its module and its name; skips where there is none yet."""
    module, constant = name.split(".")
    try:
        found = getattr(importlib.import_module(f"attncli.ops.{module}"), constant)
    except (ImportError, AttributeError):
        pytest.skip(f"no {name}")
    assert isinstance(found, Op)
    return found


def is_number(symbol: str) -> bool:
    return not symbol[0].isalpha()


class Calculation:
    """The rows of one case with their gradients, and their values."""

    def __init__(self, name: str, dtype: str = "float64") -> None:
        entry = ENTRIES[name]
        self.forward = []
        self.given: dict[str, Any] = {**entry["numbers"], "U": np.array(entry["U"], dtype)}
        self.given |= {symbol: np.array(value, dtype) for symbol, value in entry["given"].items()}
        if entry["mask"]:
            self.given["mask"] = Mask(matrix=np.array(entry["mask"], bool))
        for symbol, op_name, template, operands in entry["rows"]:
            op = operation(op_name)
            pattern = op.arguments(template)
            assert pattern is not None, template
            args = tuple(operands[int(part)] if part.isdecimal() else part for part in pattern.split())
            assert op.text(*args) == template.format(*operands)
            self.given |= {one: float(one) for one in operands if is_number(one)}
            self.forward.append(Row(symbol, op, args))
        self.forward.append(Row("L", WEIGHTED, ("U", "O")))
        self.page = Page((*self.forward, *gradient_rows(self.forward)))
        self.values = {**self.given, **self.page.evaluate(self.given)}

    def loss(self, symbol: str, value: np.ndarray) -> float:
        """The loss as it is with another value of something given."""
        return float(Page(tuple(self.forward)).evaluate({**self.given, symbol: value})["L"])


@cache
def calculation(name: str) -> Calculation:
    return Calculation(name)


def close(ours: np.ndarray, right: Any, most: float = AGREES) -> bool:
    right = np.asarray(right)
    assert ours.shape == right.shape
    return bool(np.abs(ours - right).max() <= most * max(np.abs(right).max(), 1e-300))


@pytest.mark.parametrize("name", PLAIN)
def test_numbers_and_gradients_are_pytorch_s(name: str) -> None:
    found, entry = calculation(name), ENTRIES[name]
    assert close(found.values["O"], entry["O"])
    for symbol, gradient in entry["gradients"].items():
        assert close(found.values[f"d{symbol}"], gradient), symbol


@pytest.mark.parametrize("name", PLAIN)
def test_every_gradient_is_the_slope_of_the_loss(name: str) -> None:
    found = calculation(name)
    for symbol in ENTRIES[name]["gradients"]:
        value, gradient = found.given[symbol], found.values[f"d{symbol}"]
        slopes = np.zeros_like(value)
        for index in np.ndindex(value.shape):
            at = []
            for steps in (-2, -1, 1, 2):
                moved = value.copy()
                moved[index] += steps * STEP
                at.append(found.loss(symbol, moved))
            slopes[index] = (8 * (at[2] - at[1]) - (at[3] - at[0])) / (12 * STEP)
        assert close(gradient, slopes, 1e-7), symbol


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_is_worked_out_as_it_is_written(name: str) -> None:
    found = calculation(name)
    for row in found.page.rows:
        value = found.values[row.symbol]
        if row.symbol == "L" and found.values["O"].ndim > MATRIX:
            continue  # a loss is that of a matrix
        args = [operand(found.values, {}, *read) for read in row.reads]
        for index in np.ndindex(value.shape):
            for cell in (row.op.cell(index, *args), row.op.cell_on_paper(index, *args)):
                text = spell(cell, ASCII)
                worked = eval(text, dict(ALLOWED))  # noqa: S307 - that is the contract
                if value[index] == worked:
                    continue
                size = max([abs(value[index]), *(abs(one.number) for one in cells_of(cell))])
                room = (1e-9 if name in EXACT else 64 * EPS) * max(size, size * size)
                assert abs(worked - value[index]) <= room, (row.formula, index, text)
                assert value_of(cell) == pytest.approx(worked, rel=1e-9, abs=room)


@pytest.mark.parametrize("name", NAMES)
def test_a_row_is_written_into_memory_as_it_is_worked_out(name: str) -> None:
    found = calculation(name)
    with strict():
        for row in found.page.rows:
            args = row.operands(found.values)
            outs = [np.full_like(found.values[row.symbol], np.nan)]
            if row.op.reuses is not None:
                args = [one.copy() if isinstance(one, np.ndarray) else one for one in args]
                outs.append(args[row.op.reuses])
            for out in outs:
                row.op.write(out, *args)
                assert np.allclose(out, found.values[row.symbol], rtol=1e-13, atol=0), row.formula


@pytest.mark.parametrize("name", PLAIN)
def test_small_numbers_keep_their_type(name: str) -> None:
    narrow, wide = Calculation(name, "float32"), calculation(name)
    for row in wide.page.rows:
        value = narrow.values[row.symbol]
        assert value.dtype == "float32", row.formula
        if np.isfinite(wide.values[row.symbol]).all():
            assert close(value, wide.values[row.symbol], 1e-4), row.formula


def exactly(name: str) -> dict[str, np.ndarray]:
    exact = ENTRIES[name]["exact"]
    texts = {"O": exact["O"], **{f"d{symbol}": value for symbol, value in exact["gradients"].items()}}
    with mpmath.workdps(40):
        return {symbol: np.frompyfunc(mpf, 1, 1)(np.array(value, object)) for symbol, value in texts.items()}


def error(ours: Any, right: np.ndarray) -> float:
    """How far numbers are from the truth, relative to its largest."""
    with mpmath.workdps(40):
        scale = max(abs(x) for x in right.flat)
        ours = np.asarray(ours)
        return float(max(abs(mpf(float(x)) - y) for x, y in zip(ours.flat, right.flat, strict=True)) / scale)


@pytest.mark.parametrize("name", EXACT)
def test_no_worse_than_pytorch_against_fifty_digits(name: str) -> None:
    found, entry = calculation(name), ENTRIES[name]
    theirs = {"O": entry["O"], **{f"d{symbol}": value for symbol, value in entry["gradients"].items()}}
    for symbol, right in exactly(name).items():
        assert error(found.values[symbol], right) <= max(error(theirs[symbol], right), 4 * EPS), symbol


@pytest.mark.parametrize("name", EXACT)
def test_what_rounding_may_have_done_is_known(name: str) -> None:
    """No number is farther off than its noise says, and noise does not hide what is right."""
    found = calculation(name)
    errors = Errors({row.symbol: row for row in found.page.rows}, found.values)
    for symbol, right in exactly(name).items():
        ours, noise = found.values[symbol], np.broadcast_to(errors.noise(symbol), right.shape)
        with mpmath.workdps(40):
            off = [float(abs(mpf(x) - y)) for x, y in zip(ours.ravel().tolist(), right.flat, strict=True)]
        assert (np.array(off) <= np.maximum(noise, 1e-9 * np.abs(ours)).ravel()).all(), symbol
        assert (noise <= np.abs(ours) / 100).mean() > 0.5, symbol
