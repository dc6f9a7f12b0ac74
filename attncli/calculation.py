"""Forward and backward: a problem's page, evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from attncli.attention import Form, attention_rows, loss_rows
from attncli.chain_rule import gradient_rows
from attncli.errors import AttnError
from attncli.page import Page
from attncli.problem.report import did_you_mean
from attncli.problem.targets import LOSSES, REDUCTIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from attncli.ops.op import Array, Shape
    from attncli.page import Row
    from attncli.problem.problem import Problem

Dtype = Literal["float64", "float32"]


@dataclass(frozen=True)
class Loss:
    """Which loss was taken, and what it came to."""

    name: str
    reduction: str
    value: float


@dataclass(frozen=True, eq=False)
class Result:
    """The page of one problem with its numbers: the givens and every row that was wanted."""

    problem: Problem
    page: Page
    values: Mapping[str, Array]
    constants: Mapping[str, float]
    loss: Loss | None = None

    def __getitem__(self, symbol: str) -> Array:
        """The value of a given or a row; heads first where it has them."""
        if symbol not in self.values:
            raise KeyError(f"{symbol}; there are {', '.join(self.values)}")
        return self.values[symbol]

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows whose values are held, in the page's order."""
        return tuple(row for row in self.page.rows if row.symbol in self.values)

    def formula(self, symbol: str) -> str:
        """``S = Q·Kᵀ``; a given stands for itself."""
        row = self.page.row.get(symbol)
        return row.formula if row else symbol

    def letters(self, symbol: str) -> Shape:
        """The shape in letters."""
        return letters_of(self.problem, symbol)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints: only numbers, words, lists and dictionaries."""
        from attncli.record import record  # noqa: PLC0415 - not every result is recorded

        return record(self)


def letters_of(problem: Problem, symbol: str) -> Shape:
    """Tell a symbol's shape in letters; a gradient, or one path of it, has its symbol's."""
    if symbol not in problem.letters:
        symbol = symbol.removeprefix("d").partition("_")[0]
    return problem.letters[symbol]


@lru_cache(maxsize=256)
def whole_page(form: Form, given: frozenset[str], loss: str | None, *, mean: bool) -> Page:
    """Return every row of such a problem, forward or forward and backward."""
    forward_page = Page(tuple(attention_rows(form))).without(given).needed_for(["O"])
    if loss is None:
        return forward_page
    rows = (*forward_page.rows, *loss_rows(loss, mean=mean))
    return Page((*rows, *gradient_rows(rows)))


def forward(problem: Problem, *, only: Collection[str] | None = None, dtype: Dtype = "float64") -> Result:
    """Work out the forward pass, from the embeddings to the output O.

    ``only``: the rows to keep; others are made only where these need them, and dropped again.
    Raises AttnError where a number grows too large for ``dtype``, or ``only`` names no row.
    """
    page = whole_page(problem.form, problem.given_rows, None, mean=False)
    return evaluate(problem, page, dict(problem.givens), only=only, dtype=dtype)


def backward(
    problem: Problem,
    *,
    loss: str | None = None,
    reduction: str | None = None,
    only: Collection[str] | None = None,
    dtype: Dtype = "float64",
) -> Result:
    """Work out the forward pass, the loss, and its gradient by every given and every row.

    ``loss`` is "bce", "ce", "mse", "sum" or "upstream", ``reduction`` "sum" or "mean"; None means
    the config's. Raises AttnError where the problem has no target, or one that the loss cannot be
    measured against, and as :func:`forward` does.
    """
    loss = one_of("loss", loss or problem.loss, LOSSES)
    reduction = one_of("reduction", reduction or problem.reduction, REDUCTIONS)
    mean = reduction == "mean" and loss != "upstream"
    givens: dict[str, Array] = dict(problem.givens)
    n, d_out = problem.shape("O")
    count = float(n * d_out)
    if loss == "upstream":
        if problem.upstream is None:
            raise AttnError(
                "the loss upstream needs upstream: the gradient dO that arrives from outside",
                hint="add upstream: with a matrix like O",
            )
        givens["U"] = problem.upstream.resolve("upstream", n, d_out)
    elif loss != "sum":
        if problem.target is None:
            raise AttnError(
                f"the loss {loss} needs a target to compare the output with",
                hint="add target: with a matrix like O, or take --loss sum",
            )
        givens["Y"] = target = problem.target.resolve(loss, n, d_out)
        counted = int((~np.isnan(target[:, 0])).sum())
        count = float(counted if loss == "ce" else counted * d_out)
    page = whole_page(problem.form, problem.given_rows, loss, mean=mean)
    return evaluate(
        problem,
        page,
        givens,
        only=only,
        dtype=dtype,
        loss=(loss, "mean" if mean else "sum"),
        count=count,
    )


def evaluate(
    problem: Problem,
    page: Page,
    givens: dict[str, Array],
    *,
    only: Collection[str] | None,
    dtype: Dtype,
    loss: tuple[str, str] | None = None,
    count: float = 1.0,
) -> Result:
    """Evaluate a page and gather what was wanted of it."""
    one_of("dtype", dtype, ("float64", "float32"))
    if dtype == "float32":
        givens = {symbol: narrowed(symbol, value) for symbol, value in givens.items()}
    constants: dict[str, Any] = {
        "h": problem.form.heads,
        "√d_k": float(np.sqrt(problem.sizes.get("d_k", 1))),
        "c": problem.scale,
        "mask": problem.mask,
        "N": count,
    }
    known = {*page.row, *givens}
    wanted = known if only is None else set(only)
    for symbol in sorted(wanted - known):
        order = [*givens, *page.row]
        hint = did_you_mean(symbol, order, "its symbols are " + ", ".join(order))
        if loss is None and symbol in whole_page(problem.form, problem.given_rows, "bce", mean=False).row:
            hint = "it belongs to the backward pass: attncli backward"
        raise AttnError(f"{symbol[:40]!r} is not on this page", hint=hint)
    run = page if only is None else page.needed_for(wanted | ({"L"} if loss else set()))
    computed = run.evaluate({**givens, **constants}, keep=(wanted | {"L"}).__contains__)
    values = {symbol: value for symbol, value in givens.items() if symbol in wanted} | computed
    taken = Loss(*loss, float(computed["L"])) if loss else None
    if "L" not in wanted:
        values.pop("L", None)
    return Result(
        problem,
        page,
        values,
        {k: v for k, v in constants.items() if k in page.reads and isinstance(v, float)},
        taken,
    )


def one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    """Refuse a word that is not one of a few."""
    if value not in known:
        raise AttnError(
            f"{name} is {value!r}; expected {' or '.join(known)}", hint=did_you_mean(value, known)
        )
    return value


def narrowed(symbol: str, value: Array) -> Array:
    """Return a given in float32; raises AttnError where it does not fit."""
    with np.errstate(over="ignore", under="ignore"):
        narrow = value.astype(np.float32)
    if (np.isinf(narrow) & ~np.isinf(value)).any():
        raise AttnError(
            f"{symbol} has a number too large for float32, whose largest is 3.4e38", hint="leave --dtype out"
        )
    return narrow
