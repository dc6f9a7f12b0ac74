"""Why a problem cannot show something: changes of it, each with the fact that it does away with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations, count, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation import backward_setting, forward_setting
from attncli.language import N_, _, plural
from attncli.ops.mask import Mask
from attncli.ops.softmax import softmax
from attncli.rounding import MOST_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from attncli.calculation import Setting
    from attncli.ops.op import Array


MOST_CELLS = 6  # of one matrix that are tried
MORE_DECIMALS = 6
FACTORS = (2, 4, 10, 20, 50, 100, 1000)
BEFORE = {
    "A": ("Wq", "Q", "Qh", "S", "Z", "M"),
    "P": ("Wo", "Wv", "V", "Vh", "H", "C", "O"),
}  # what makes them large, as far back as it is given
BEFORE_SCORES = ("Wk", "Wq", "K", "Kh", "X", "S")
SCALE = 0.3  # no root of a size
LETTERS = ("d_k", "d_v", "d_out", "d_model", "d_context", "d_values", "m", "n")  # the easiest to change first
DIVISORS = {"d_k", "d_model", "n", "m"}  # scores are divided by one of these or its root, right or wrong


@dataclass(frozen=True)
class Change:
    """A problem with something changed: ``why`` it was needed, and ``how`` it is done.

    ``decimals`` are those to be asked for; None: only the full numbers count. Where the cause lies in
    a row, ``row`` is its symbol: it is no cause of anything before that row.
    """

    why: str
    how: str
    setting: Setting
    decimals: int | None
    row: str = ""

    def reaches(self, symbol: str) -> bool:
        """Whether the cause may be one of what is the matter with a row."""
        order = [row.symbol for row in self.setting.page.rows]
        return not self.row or order.index(symbol) >= order.index(self.row)


def facts(setting: Setting) -> Iterator[tuple[str, str]]:
    """Find what is special about the numbers that are given, and the matrix that may be changed for it."""
    matrices = {symbol: value for symbol, value in setting.givens.items() if value.ndim > 1}
    for one, other in combinations(matrices, 2):
        if np.array_equal(matrices[one], matrices[other]):
            yield _("{one} and {other} are the same", one=one, other=other), other
    for symbol, value in setting.givens.items():
        for sentence, holds in FACTS:
            if holds(value):
                yield _(sentence, symbol=symbol), symbol


def symmetric(value: Array) -> bool:
    """Whether a matrix, or that of each head, is its own transpose."""
    square = value.ndim > 1 and value.shape[-1] == value.shape[-2] > 1
    return square and bool(np.allclose(value, value.swapaxes(-1, -2), rtol=0, atol=1e-12))


def identity(value: Array) -> bool:
    """Whether a matrix is the identity."""
    return symmetric(value) and np.array_equal(value, np.broadcast_to(np.eye(value.shape[-1]), value.shape))


FACTS: tuple[tuple[str, Callable[[Array], bool]], ...] = (
    (N_("{symbol} is all zeros"), lambda value: not value.any()),
    (N_("all numbers of {symbol} are the same"), lambda value: value.size > 1 and np.ptp(value) == 0),
    (
        N_("all rows of {symbol} are the same"),
        lambda value: value.ndim > 1 and not np.ptp(value, axis=-2).any(),
    ),
    (N_("{symbol} is the identity"), identity),
    (N_("{symbol} is symmetric"), symmetric),
)


def special(setting: Setting, right: Mapping[str, Array], decimals: int) -> Iterator[Change]:
    """Change what is special about the numbers, the scale or the mask."""
    for why, symbol in facts(setting):
        yield from cells(setting, symbol, why, decimals)
    for row in ("S", "A"):
        if row in setting.page.row and symmetric(right[row]):
            why = _("{symbol} is symmetric", symbol=row)
            for symbol in (symbol for symbol in BEFORE_SCORES if symbol in setting.givens):
                yield from (replace(change, row=row) for change in cells(setting, symbol, why, decimals))
    problem = setting.problem
    if problem.scale is not None and "c" in setting.page.reads:
        why = _("the scale is {scale:g}", scale=problem.scale)
        other = problem.changed(scale=problem.scale / 2 or 0.5)
        how = f"--set scale={other.scale:g}"
        yield Change(why, how, replace(setting, problem=other), decimals)
    if problem.mask is not None and "mask" in setting.page.reads:
        allowed = problem.mask.allowed(problem.sizes["n"], problem.sizes["m"])
        why = _("the mask hides nothing") if allowed.all() else _("the mask is not the causal one")
        causal = problem.changed(mask=Mask(causal=0))
        yield Change(why, "--set mask=true", replace(setting, problem=causal), decimals)


def ordinary(setting: Setting, decimals: int) -> Iterator[Change]:
    """Change any number, where nothing about it was special."""
    for symbol in setting.givens:
        why = _("the numbers of {symbol} fall so", symbol=symbol)
        yield from cells(setting, symbol, why, decimals)


def cells(setting: Setting, symbol: str, why: str, decimals: int) -> Iterator[Change]:
    """Change one number of a matrix, those off the diagonal first."""
    value = setting.givens[symbol]
    written = {"Y": setting.problem.target, "U": setting.problem.upstream}.get(symbol)
    loss = setting.loss[0] if setting.loss else ""
    if symbol in {"Y", "U"} and (loss == "ce" or written is None or written.values.shape != value.shape):
        return
    places = sorted(np.ndindex(value.shape), key=lambda place: place[-2:-1] == place[-1:])
    for place in islice((place for place in places if np.isfinite(value[place])), MOST_CELLS):
        old = float(value[place])
        number = float(f"{1 - old if symbol == 'Y' and loss == 'bce' else old + 1:.3g}")
        changed = value.copy()
        changed[place] = number
        cell = f"{symbol}[{','.join(str(i + 1) for i in place)}]"
        yield Change(why, f"--set '{cell}={number:g}'", with_given(setting, symbol, changed), decimals)


def precise(setting: Setting, decimals: int, saturated: list[str]) -> Iterator[Change]:
    """Make numbers smaller that are too large for a softmax or a sigmoid; ask for more decimals."""
    for row in saturated:
        for symbol in [symbol for symbol in BEFORE[row] if symbol in setting.givens][:1]:
            for factor in FACTORS:
                smaller = with_given(setting, symbol, setting.givens[symbol] / factor)
                yield Change(
                    _("{row} is 0 and 1 at {places}", row=row, places=places(decimals)),
                    _("divide {symbol} by {factor}", symbol=symbol, factor=factor),
                    smaller,
                    decimals,
                )
    for more in range(decimals + 1, min(decimals + MORE_DECIMALS, MOST_DECIMALS) + 1):
        why = _("{places} say too little", places=places(decimals))
        yield Change(why, _("ask for {places}", places=places(more)), setting, more)


def places(decimals: int) -> str:
    """Say how many decimals."""
    return plural("{n} decimal", "{n} decimals", decimals)


def sizes(setting: Setting) -> Iterator[Change]:
    """Change one size, or else two, of a random problem that is as large as this one."""
    free = letters(setting)
    for which in (*combinations(free, 1), *combinations(free, 2)):
        larger = enlarged(setting, *which)
        names = [symbol for symbol in setting.givens if not bare(setting, symbol).isdisjoint(which)]
        how = _(
            "take other sizes, like {sizes} ({names})",
            sizes=", ".join(f"{letter} = {larger[letter]}" for letter in which),
            names=", ".join(names),
        )
        why = ", ".join(coincidences(setting, letter) for letter in which)
        yield Change(why, how, drawn(setting, larger), None)


def bare(setting: Setting, symbol: str) -> set[str]:
    """Return the letters of a matrix's shape."""
    return {letter.removeprefix("h·") for letter in setting.problem.letters[symbol]}


def coincidences(setting: Setting, letter: str) -> str:
    """Tell with what a size coincides."""
    sizes, used = setting.problem.sizes, letters(setting)
    size = sizes[letter]
    equal = [other for other in used if sizes[other] == size]
    names = " = ".join([letter, *(other for other in equal if other != letter)])
    near = [other for other in used if {letter, other} <= DIVISORS]
    roots = [f"√{other}" for other in near if sizes[other] == size**2 > 1]
    squares = [f"{other}²" for other in near if sizes[other] ** 2 == size > 1]
    return " = ".join([names, *roots, *squares, str(size)])


def with_given(setting: Setting, symbol: str, value: Array) -> Setting:
    """Return a setting in which one matrix has another value."""
    return replace(setting, givens={**setting.givens, symbol: value})


def drawn(setting: Setting, sizes: Mapping[str, int]) -> Setting:
    """Return the same page with random numbers, of these sizes, in all that is given.

    There may be more tokens, not fewer. A mask becomes the causal one; rows of the target that do
    not count stay so.
    """
    problem = setting.problem.changed(sizes=sizes)
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
    problem = problem.changed(**changes)
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
