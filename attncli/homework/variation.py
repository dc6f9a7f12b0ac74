"""The same page with other numbers: what coincides there as well does so on every problem of this form."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation import backward_setting, forward_setting
from attncli.mask import Mask
from attncli.ops.softmax import softmax
from attncli.problem.problem import Checked, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attncli.calculation import Setting
    from attncli.ops.op import Array

SCALE = 0.3  # no root of a size
LETTERS = ("d_k", "d_v", "d_out", "d_model", "d_context", "d_values", "m", "n")  # the easiest to change first
DIVISORS = {"d_k", "d_model", "n", "m"}  # scores are divided by one of these or its root, right or wrong


def varied(problem: Problem, **changes: Any) -> Problem:  # noqa: ANN401 - any field of a problem
    """Return a problem with some of its fields changed."""
    return Problem.of(Checked(**{**vars(problem), **changes}))


def with_given(setting: Setting, symbol: str, value: Array) -> Setting:
    """Return a setting in which one matrix has another value."""
    return replace(setting, givens={**setting.givens, symbol: value})


def drawn(setting: Setting, sizes: Mapping[str, int]) -> Setting:
    """Return the same page with random numbers, of these sizes, in all that is given.

    There may be more tokens, not fewer. A mask becomes the causal one; rows of the target that do
    not count stay so.
    """
    problem = varied(setting.problem, sizes=sizes)
    random = np.random.RandomState(0)
    values = {symbol: numbers(random, symbol, problem.shape(symbol)) for symbol in setting.givens}
    changes: dict[str, Any] = {"givens": values}
    if problem.mask is not None:
        changes["mask"] = Mask(causal=0)
    if problem.scale is not None:
        changes["scale"] = SCALE
    if problem.target is not None and "Y" in values:
        target = softmax(values.pop("Y"))
        target[np.flatnonzero(np.isnan(setting.givens["Y"][:, 0]))] = np.nan
        changes["target"] = problem.target._replace(values=target)
    if problem.upstream is not None and "U" in values:
        changes["upstream"] = problem.upstream._replace(values=values.pop("U"))
    problem = varied(problem, **changes)
    return forward_setting(problem) if setting.loss is None else backward_setting(problem, *setting.loss)


def numbers(random: np.random.RandomState, symbol: str, shape: tuple[int, ...]) -> Array:
    """Draw numbers as large as they mostly are in such a matrix."""
    values = random.standard_normal(shape)
    if symbol == "A":
        return softmax(values)
    return values / np.sqrt(shape[0]) if symbol.startswith("W") else values


def letters(setting: Setting) -> list[str]:
    """Name the sizes that can be chosen: in self-attention there are as many keys as queries."""
    shapes = (setting.problem.letters[symbol] for symbol in setting.givens)
    used = {letter.removeprefix("h·") for shape in shapes for letter in shape}
    return [
        letter for letter in LETTERS if letter in used and (letter != "m" or setting.problem.form.context)
    ]


def enlarged(setting: Setting, *which: str) -> dict[str, int]:
    """Return the sizes with these letters made larger, until none of them coincides with another size."""
    sizes = dict(setting.problem.sizes)
    used = {"n", "m", *letters(setting)}
    for letter in which:
        same = {letter, "m"} if letter == "n" and not setting.problem.form.context else {letter}
        others = {other: sizes[other] for other in used - same if other in sizes}
        larger = (size for size in count(sizes[letter] + 1) if not coincides(letter, size, others))
        sizes.update(dict.fromkeys(same, next(larger)))
    return sizes


def coincides(letter: str, size: int, others: Mapping[str, int]) -> bool:
    """Whether a size is another one, or where scores are divided by it, the square or the root of one."""
    roots = {others[other] for other in others if {letter, other} <= DIVISORS}
    return size in others.values() or any(size == root**2 or size**2 == root for root in roots)
