"""Forward and backward: a problem's page, evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod, sqrt
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

import numpy as np

from attncli.choices import DTYPES, LOSSES, REDUCTIONS
from attncli.errors import AttnError
from attncli.language import _
from attncli.page.attention import count_of
from attncli.page.chain_rule import whole_page
from attncli.report import not_on_page, one_of
from attncli.result import Loss, Result, Values

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from attncli.ops.op import Array
    from attncli.page.page import Page
    from attncli.problem.problem import Problem
    from attncli.rounding import Rounding


Dtype = Literal["float64", "float32"]
LARGE = 2**17  # numbers in a head's scores, from which on they are worked out in blocks
MOST_WHOLE = 2**33  # bytes of a page with lines of one's own, which is worked out whole
AT_ONCE = 4
SETTINGS: WeakKeyDictionary[Problem, dict[tuple[str, str], Any]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False, repr=False)
class Setting:
    """A page and everything that it reads: ``loss`` is its name and reduction, ``count`` N."""

    problem: Problem
    page: Page
    givens: dict[str, Array]
    loss: tuple[str, str] | None = None
    count: float = 1.0

    @property
    def given(self) -> dict[str, Any]:
        """All that the page reads and does not compute."""
        return {**self.givens, **self.constants}

    @cached_property
    def constants(self) -> dict[str, Any]:
        """What the rows read besides matrices: numbers, and the mask."""
        return {
            "h": self.problem.form.heads,
            "√d_k": sqrt(self.problem.sizes.get("d_k", 1)),
            "c": self.problem.scale,
            "mask": self.problem.mask,
            count_of(self.page.row): self.count,
            **self.problem.numbers,
        }


def forward(
    problem: Problem,
    *,
    only: Collection[str] | str | None = None,
    dtype: Dtype = "float64",
    rounding: Rounding | None = None,
) -> Result:
    """Work out the forward pass, from the embeddings to the output O.

    ``only``: the rows to keep; others are made only where these need them, and dropped again.
    ``rounding``: round each row's result before another row uses it, as a person does.
    Raises AttnError where a number grows too large for ``dtype``, or ``only`` names no row.
    """
    return evaluate(forward_setting(problem), only=only, dtype=dtype, rounding=rounding)


def forward_setting(problem: Problem) -> Setting:
    """Return the page from the embeddings to the output, with all that it reads."""
    page = whole_page(problem.form, problem.given_rows, None, mean=False)
    return Setting(problem, page, dict(problem.givens))


def backward(
    problem: Problem,
    *,
    loss: str | None = None,
    reduction: str | None = None,
    only: Collection[str] | str | None = None,
    dtype: Dtype = "float64",
    rounding: Rounding | None = None,
) -> Result:
    """Work out the forward pass, the loss, and its gradient by every given and every row.

    ``loss`` is "bce", "ce", "mse", "sum" or "upstream", ``reduction`` "sum" or "mean"; None means
    the config's. Raises AttnError where the problem has no target, or one that the loss cannot be
    measured against, and as :func:`forward` does.
    """
    setting = backward_setting(problem, loss, reduction)
    return evaluate(setting, only=only, dtype=dtype, rounding=rounding)


def backward_setting(problem: Problem, loss: str | None, reduction: str | None) -> Setting:
    """Return the whole page of a problem, with all that it reads; raises what :func:`backward` does.

    It is made once: a problem never changes.
    """
    loss = one_of("loss", problem.loss if loss is None else loss, LOSSES)
    reduction = one_of("reduction", problem.reduction if reduction is None else reduction, REDUCTIONS)
    known = SETTINGS.setdefault(problem, {})
    if (loss, reduction) not in known:
        known[loss, reduction] = new_setting(problem, loss, reduction)
    page, givens, taken, count = known[loss, reduction]
    return Setting(problem, page, dict(givens), taken, count)


def new_setting(
    problem: Problem, loss: str, reduction: str
) -> tuple[Page, dict[str, Array], tuple[str, str], float]:
    """Make a setting of a problem, without the problem; raises what :func:`backward` does."""
    mean = reduction == "mean" and loss != "upstream"
    givens: dict[str, Array] = dict(problem.givens)
    n, d_out = problem.shape(problem.form.output)
    count = float(n * d_out)
    if loss == "upstream":
        if problem.upstream is None:
            raise AttnError(
                _("the loss upstream needs upstream: the gradient dO that arrives from outside"),
                problem.places["upstream"].where,
                _("add {key}: with a matrix like O", key="upstream"),
            )
        givens["U"] = problem.upstream.resolve("upstream", n, d_out)
    elif loss != "sum":
        if problem.target is None:
            raise AttnError(
                _("the loss {loss} needs a target to compare the output with", loss=loss),
                problem.places["target"].where,
                _("add target: with a matrix like O, or take --loss sum"),
            )
        givens["Y"] = target = problem.target.resolve(loss, n, d_out)
        counted = int((~np.isnan(target[:, 0])).sum())
        count = float(counted if loss == "ce" else counted * d_out)
    page = whole_page(problem.form, problem.given_rows, loss, mean=mean)
    return page, givens, (loss, "mean" if mean else "sum"), count


def evaluate(
    setting: Setting,
    *,
    only: Collection[str] | str | None,
    dtype: Dtype,
    rounding: Rounding | None,
) -> Result:
    """Evaluate a page and gather what was wanted of it; results are read-only, as the givens are."""
    problem, page, givens, loss = setting.problem, setting.page, setting.givens, setting.loss
    if one_of("dtype", getattr(dtype, "__name__", str(dtype)), DTYPES) == "float32":
        givens = narrowed(givens)
    known = {*page.row, *givens}
    wanted = known if only is None else {only} if isinstance(only, str) else set(only)
    for symbol in sorted(wanted - known) if only is not None else ():
        hint = ""
        behind = whole_page(problem.form, problem.given_rows, "bce", mean=False).row
        if loss is None and symbol in {"Y", "U", *behind}:
            hint = _("it belongs to the backward pass: attncli backward")
        raise not_on_page(symbol, (*givens, *page.row), hint)
    run = page if only is None else page.needed_for(wanted | ({"L"} if loss else set()))
    given = {**givens, **setting.constants}
    kept = wanted | {"L"}
    keep = None if only is None else kept.__contains__
    large = problem.sizes["n"] * problem.sizes["m"] > LARGE
    own = bool(problem.form.lines) or problem.form.output != "O"
    if large and rounding is None and not own:
        from attncli.blocks.streaming import evaluate_in_blocks  # noqa: PLC0415 - small problems fit whole

        exact = computed = evaluate_in_blocks(run, given, kept, problem.letters, problem.sizes)
    else:
        if large and own:
            refuse_too_large(problem, run, keep or bool)
        exact = computed = run.evaluate(given, keep)
    if rounding is not None:
        computed = run.evaluate(given, keep, rounding.matrix)
    values = Values({symbol: value for symbol, value in givens.items() if symbol in wanted} | computed)
    for value in values.values():
        value.setflags(write=False)
    taken = Loss(*loss, float(computed["L"])) if loss else None
    if "L" not in wanted:
        values.pop("L", None)
    return Result(
        problem,
        page,
        values,
        given,
        taken,
        exact if rounding is not None else None,
        rounding,
    ).shown_so


def refuse_too_large(problem: Problem, page: Page, keep: Callable[[str], bool]) -> None:
    """Refuse a page that would not fit in memory: with lines of one's own it is worked out whole.

    What is kept counts, and a few rows as large as the largest, which are there at the same time.
    """
    sizes = {row.symbol: 8 * prod(problem.shape(row.of or row.symbol)) for row in page.rows}
    need = sum(size for symbol, size in sizes.items() if keep(symbol)) + AT_ONCE * max(sizes.values())
    if need > MOST_WHOLE:
        amounts = {"need": need / 1e9, "most": MOST_WHOLE / 1e9}
        message = _("this page of one's own is worked out whole, in {need:.0f} GB of memory", **amounts)
        hint = _("at most {most:.0f} GB are taken: give fewer tokens, or keep less with --only", **amounts)
        raise AttnError(message, hint=hint)


def narrowed(givens: Mapping[str, Array]) -> dict[str, Array]:
    """Return the givens in float32; raises AttnError where one does not fit.

    They lie side by side: new memory is slow, and several small pieces of it are slower.
    """
    room = np.empty(sum(value.size for value in givens.values()), np.float32)
    found, end = {}, 0
    for symbol, value in givens.items():
        found[symbol] = narrow = room[end : (end := end + value.size)].reshape(value.shape)
        with np.errstate(over="ignore", under="ignore"):
            narrow[...] = value
        if not np.isfinite(narrow).all() and (np.isinf(narrow) & ~np.isinf(value)).any():
            raise AttnError(
                _("{symbol} has a number too large for float32, whose largest is 3.4e38", symbol=symbol),
                hint=_("leave --dtype out"),
            )
    return found
