"""How to change a problem so that it shows more, each change with the fact that it does away with.

The candidates are a few lists, from the likeliest cause to the least: sizes that coincide, numbers of which
something special is known, numbers that are too large or too coarsely rounded, any number at all. They are
tried on the blind spots that are left, cause by cause, and the change that removes most is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, count, groupby, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation import backward_setting, forward_setting
from attncli.choices import MOST_DECIMALS
from attncli.diagnose.blind_spots import Variants, saturated
from attncli.errors import AttnError
from attncli.language import N_, _, plural
from attncli.ops.mask import Mask
from attncli.ops.op import lengths
from attncli.ops.softmax import softmax
from attncli.page.attention import is_constant
from attncli.page.lying import turn
from attncli.problem.formulas import axes_of, names_of, number_of

if TYPE_CHECKING:
    from attncli.calculation import Setting
    from attncli.diagnose.blind_spots import BlindSpot, Search
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

    def removes(self, spots: Iterable[BlindSpot], rows: Sequence[str]) -> set[BlindSpot]:
        """Return the blind spots that this does away with, in full and at its decimals."""
        try:
            variants = [Variants(self.setting, rows, decimals) for decimals in {None, self.decimals}]
        except AttnError:  # the changed numbers grow too large
            return set()
        order = variants[0].order
        behind = order[order.index(self.row) if self.row else 0 :]
        return {spot for spot in spots if spot.rows[0] in behind and not any(map(spot.holds, variants))}


def repairs(search: Search, spots: Sequence[BlindSpot], decimals: int) -> dict[BlindSpot, Change]:
    """Find for each blind spot a change that does away with it, where there is one."""
    setting, rows, other = search.exact.setting, search.exact.rows, search.others[0]
    sized = [spot for spot in spots if spot.holds(other)]
    exact = [spot for spot in spots if spot not in sized and spot.holds(search.exact)]
    vague = [spot for spot in spots if spot not in sized and spot not in exact]
    found = best(sizes(setting), sized, rows)
    found |= best(special_numbers(search.exact, decimals), exact, rows)
    vague += [spot for spot in exact if spot not in found]
    found |= best(precision(search.rounded, decimals), vague, rows)
    return found | best(any_number(setting, decimals), [spot for spot in vague if spot not in found], rows)


def best(changes: Iterable[Change], spots: list[BlindSpot], rows: Sequence[str]) -> dict[BlindSpot, Change]:
    """Take from each cause, while blind spots are left, the changes that remove most of them."""
    found: dict[BlindSpot, Change] = {}
    left = set(spots)
    for _why, group in groupby(changes if spots else (), key=lambda change: change.why):
        effects: list[tuple[set[BlindSpot], Change]] = []
        for change in group:
            effects.append((change.removes(left, rows), change))
            if effects[-1][0] == left:
                break
        while left:
            gone, change = max(effects, key=lambda effect: len(effect[0] & left))
            if not gone & left:
                break
            found |= dict.fromkeys(gone & left, change)
            left -= gone
        if not left:
            break
    return found


# Numbers


def special_numbers(exact: Variants, decimals: int) -> Iterator[Change]:
    """Change what is special about the numbers, the scale or the mask."""
    setting, problem = exact.setting, exact.setting.problem
    for symbol, why in special_facts(setting):
        yield from cells(setting, symbol, why, decimals)
    for row in ("S", "A"):
        if row in exact.order and symmetric(exact.right[row]):
            why = _("{symbol} is symmetric", symbol=row)
            for symbol in (symbol for symbol in BEFORE_SCORES if symbol in setting.givens):
                yield from (replace(change, row=row) for change in cells(setting, symbol, why, decimals))
    if problem.scale is not None and "c" in setting.page.reads:
        why = _("the scale is {scale:g}", scale=problem.scale)
        other = problem.changed(scale=problem.scale / 2 or 0.5)
        yield Change(why, f"--set scale={other.scale:g}", replace(setting, problem=other), decimals)
    if problem.mask is not None and "mask" in setting.page.reads:
        allowed = problem.mask.allowed(problem.sizes["n"], problem.sizes["m"])
        why = _("the mask hides nothing") if allowed.all() else _("the mask is not the causal one")
        causal = problem.changed(mask=Mask(causal=0))
        yield Change(why, "--set mask=true", replace(setting, problem=causal), decimals)


def special_facts(setting: Setting) -> Iterator[tuple[str, str]]:
    """Find what is special about the given numbers: a matrix to be changed, and why."""
    matrices = {symbol: value for symbol, value in setting.givens.items() if value.ndim > 1}
    for one, other in combinations(matrices, 2):
        if np.array_equal(matrices[one], matrices[other]):
            yield other, _("{one} and {other} are the same", one=one, other=other)
    for symbol, value in setting.givens.items():
        fact = next((sentence for sentence, holds in FACTS if holds(value)), None)
        if fact:
            yield symbol, setting.problem.words(_(fact, symbol=symbol))


def symmetric(value: Array) -> bool:
    """Whether a matrix, or that of each head, is its own transpose."""
    square = value.ndim > 1 and value.shape[-1] == value.shape[-2] > 1
    return square and bool(np.allclose(value, value.swapaxes(-1, -2), rtol=0, atol=1e-12))


FACTS: tuple[tuple[str, Callable[[Array], bool]], ...] = (
    (N_("{symbol} is all zeros"), lambda value: not value.any()),
    (N_("all numbers of {symbol} are the same"), lambda value: value.size > 1 and np.ptp(value) == 0),
    (
        N_("all rows of {symbol} are the same"),
        lambda value: value.ndim > 1 and not np.ptp(value, axis=-2).any(),
    ),
    (
        N_("{symbol} is the identity"),
        lambda value: symmetric(value) and bool((value == np.eye(value.shape[-1])).all()),
    ),
    (N_("{symbol} is symmetric"), symmetric),
)


def precision(rounded: Variants, decimals: int) -> Iterator[Change]:
    """Make numbers smaller that are too large for a softmax or a sigmoid; ask for more decimals."""
    setting = rounded.setting
    for row, before in BEFORE.items():
        for symbol in [symbol for symbol in before if symbol in setting.givens][: saturated(rounded, row)]:
            why = _("{row} is 0 and 1 at {places}", row=row, places=decimals_text(decimals))
            for factor in FACTORS:
                smaller = with_given(setting, symbol, setting.givens[symbol] / factor)
                yield Change(
                    why, _("divide {symbol} by {factor}", symbol=symbol, factor=factor), smaller, decimals
                )
    for more in range(decimals + 1, min(decimals + MORE_DECIMALS, MOST_DECIMALS) + 1):
        why = _("{places} are too few", places=decimals_text(decimals))
        yield Change(why, _("ask for {places}", places=decimals_text(more)), setting, more)


def decimals_text(decimals: int) -> str:
    """Say how many decimals."""
    return plural("{n} decimal", "{n} decimals", decimals)


def any_number(setting: Setting, decimals: int) -> Iterator[Change]:
    """Change any number, where nothing about it is special."""
    for symbol in setting.givens:
        why = _("the numbers of {symbol} make it so by chance", symbol=symbol)
        yield from cells(setting, symbol, why, decimals)


def cells(setting: Setting, symbol: str, why: str, decimals: int) -> Iterator[Change]:
    """Change one number of a matrix, those off the diagonal first."""
    value = setting.givens[symbol]
    source = {"Y": setting.problem.target, "U": setting.problem.upstream}.get(symbol)
    loss = setting.loss[0] if setting.loss else ""
    if symbol in {"Y", "U"} and (loss == "ce" or source is None or source.values.shape != value.shape):
        return
    places = sorted(np.ndindex(value.shape), key=lambda place: place[-2:-1] == place[-1:])
    for place in islice((place for place in places if np.isfinite(value[place])), MOST_CELLS):
        old = float(value[place])
        number = float(f"{1 - old if symbol == 'Y' and loss == 'bce' else old + 1:.3g}")
        other = value.copy()
        other[place] = number
        index = turn(place) if setting.problem.lying else place
        cell = f"{symbol}[{','.join(str(i + 1) for i in index)}]"
        yield Change(why, f"--set '{cell}={number:g}'", with_given(setting, symbol, other), decimals)


def with_given(setting: Setting, symbol: str, value: Array) -> Setting:
    """Return a setting in which one matrix has another value."""
    return replace(setting, givens={**setting.givens, symbol: value})


# Sizes


def sizes(setting: Setting) -> Iterator[Change]:
    """Change one size, or else two, of a random problem that is as large as this one."""
    free = letters(setting)
    now = {letter: setting.problem.sizes[letter] for letter in free}
    for which in (*combinations(free, 1), *combinations(free, 2)):
        larger = enlarged(setting, *which)
        names = [symbol for symbol in setting.givens if not shape_letters(setting, symbol).isdisjoint(which)]
        how = _(
            "take other sizes, like {sizes} ({names})",
            sizes=", ".join(f"{letter} = {larger[letter]}" for letter in which),
            names=", ".join(names),
        )
        why = ", ".join(
            " = ".join([letter, *coincidences(letter, now[letter], now), str(now[letter])])
            for letter in which
        )
        yield Change(why, how, random_setting(setting, larger), None)


def letters(setting: Setting) -> list[str]:
    """Return the sizes that can be chosen: in self-attention there are as many keys as queries.

    On a page of one's own a sum may tie one to another: such a size stays as it is.
    """
    found = present(setting)
    return (
        [letter for letter in found if can_be_other(setting, letter)] if setting.problem.form.lines else found
    )


def present(setting: Setting) -> list[str]:
    """Return the sizes of what is given."""
    used = set().union(*(shape_letters(setting, symbol) for symbol in setting.givens))
    found = [
        letter for letter in LETTERS if letter in used and (letter != "m" or setting.problem.form.context)
    ]
    if not setting.problem.form.lines:
        return found
    sizes = setting.problem.sizes  # by 2, for RoPE turns columns two by two
    return [
        letter
        for letter in found
        if fitting(setting, {**sizes, **dict.fromkeys(together(setting, letter), sizes[letter] + 2)})
    ]


def together(setting: Setting, letter: str) -> set[str]:
    """Return the letters that stand for as many whatever the problem: in self-attention n and m."""
    return {letter, "m"} if letter == "n" and not setting.problem.form.context else {letter}


def fitting(setting: Setting, sizes: Mapping[str, int]) -> bool:
    """Whether the lines of one's own go together in other sizes: a residual sum ties two of them."""
    letters_of = setting.problem.letters
    for row in setting.problem.form.lines:
        known: dict[str, int] = {}
        numbers: list[Any] = []
        for axes, (symbol, transposed) in zip(axes_of(row), row.reads, strict=True):
            if is_constant(symbol):
                numbers.append(number_of(symbol, setting.problem.form.heads))
                continue
            numbers.append(lengths(letters_of[symbol], sizes))
            names = names_of(axes, len(numbers[-1]), transposed=transposed)
            if any(known.setdefault(*one) != one[1] for one in zip(names, numbers[-1], strict=True)):
                return False
        if not row.op.fits(*numbers):
            return False
    return True


def can_be_other(setting: Setting, letter: str) -> bool:
    """Whether the page can be worked out where one size is another."""
    other = random_setting(setting, enlarged(setting, letter))
    try:
        other.page.evaluate(other.given)
    except (AttnError, ValueError):
        return False
    return True


def shape_letters(setting: Setting, symbol: str) -> set[str]:
    """Return the letters of a matrix's shape, those of products such as h·d_k too."""
    return {part for letter in setting.problem.letters[symbol] for part in re.split("[·/]", letter)}


def coincidences(letter: str, size: int, sizes: Mapping[str, int]) -> list[str]:
    """Return the other sizes that a size is; or the roots and squares of those that scores are divided by."""
    others = {other: length for other, length in sizes.items() if other != letter}
    near = {other: length for other, length in others.items() if {letter, other} <= DIVISORS}
    return [
        *(other for other, length in others.items() if length == size),
        *(f"√{other}" for other, length in near.items() if length == size**2 > 1),
        *(f"{other}²" for other, length in near.items() if length**2 == size > 1),
    ]


def enlarged(setting: Setting, *which: str) -> dict[str, int]:
    """Return the sizes with these letters made larger, until none of them coincides with another size."""
    sizes = dict(setting.problem.sizes)
    used = {"n", "m", *present(setting)}
    for letter in which:
        same = together(setting, letter)
        others = {other: sizes[other] for other in used - same if other in sizes}
        larger = next(
            size
            for size in count(sizes[letter] + 1)
            if not coincidences(letter, size, others)
            and fitting(setting, {**sizes, **dict.fromkeys(same, size)})
        )
        sizes.update(dict.fromkeys(same, larger))
    return sizes


def random_setting(setting: Setting, sizes: Mapping[str, int]) -> Setting:
    """Return the same page with random numbers, of these sizes, in all that is given.

    There may be more tokens, not fewer. A mask becomes the causal one; rows of the target that do
    not count stay so.
    """
    problem = setting.problem.changed(sizes=sizes)
    random = np.random.RandomState(0)
    values = {symbol: random_matrix(random, symbol, problem.shape(symbol)) for symbol in setting.givens}
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


def random_matrix(random: np.random.RandomState, symbol: str, shape: tuple[int, ...]) -> Array:
    """Draw numbers as large as they mostly are in such a matrix."""
    values = random.standard_normal(shape)
    if symbol == "A":
        return softmax(values)
    return values / np.sqrt(shape[0]) if symbol in {"Wq", "Wk", "Wv", "Wo"} else values
