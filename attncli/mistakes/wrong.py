"""Wrong operations: arithmetic that is on no page, but on many a sheet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from attncli.language import N_, _
from attncli.ops.cross_entropy import BCE, CE, CE_DO, DISTRIBUTION, SIGMOID
from attncli.ops.expression import Number
from attncli.ops.heads import SPLIT
from attncli.ops.linear import ADD, COPY, DIVIDE, MATMUL, MULTIPLY
from attncli.ops.loss import SQUARED_ERROR_GRADIENT, counted
from attncli.ops.op import Array, Gradient, Op, transpose
from attncli.ops.softmax import KEEP_ALLOWED, SOFTMAX, SOFTMAX_GRADIENT, softmax
from attncli.page.attention import COUNTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attncli.ops.expression import Expression
    from attncli.ops.mask import Mask
    from attncli.ops.op import Operand
    from attncli.page.page import Row


HIDING = -1e8  # a score as low as that hides: −∞, or in code −10⁹ and less

Allowed = NDArray[np.bool_]
Function = Callable[..., Array]
Back = Callable[..., "Iterable[Gradient]"]  # of y, dy and the arguments' names, as Op.gradients


class Wrong(Op):
    """An operation in the place of the right one: its text and its NumPy function.

    ``text`` holds {0}, {1}, … for the arguments' names, or makes the text from them. A last argument N
    divides, which the text need not say. ``function`` is what a machine makes of it, NaN and all; ``paper``:
    the function for somebody who works by hand, from numbers rounded on the way, where that is another.
    ``back``: its own derivative, where it has one: who did this may go back through it rightly. ``fixed``: it
    does not depend on what goes in, as positions do not.
    """

    def __init__(
        self,
        text: str | Callable[..., str],
        function: Function,
        paper: Function | None = None,
        back: Back | None = None,
        *,
        fixed: bool = False,
    ) -> None:
        self.template = text
        self.function = function
        self.paper = paper or function
        self.back = back
        self.fixed = fixed  # type: ignore[misc]

    def text(self, *args: str) -> str:
        """Write what was computed, from the names of what went into it."""
        if callable(self.template):
            return self.template(*args)
        text = _(self.template).format(*args)
        unsaid = args[-1:] and args[-1] in COUNTS and f"{{{len(args) - 1}}}" not in self.template
        return f"{text}/{args[-1]}" if unsaid else text

    def value(self, *args: Any) -> Array:  # noqa: ANN401 - as every op's
        """Compute it."""
        return self.function(*args)

    def on_paper(self, *args: Any) -> Array:  # noqa: ANN401 - as every op's
        """Compute it from numbers that were rounded on the way."""
        return self.paper(*args)

    def cell(self, index: tuple[int, ...], *args: Operand) -> Expression:
        """Give the number alone."""
        return Number(float(self.paper(*(operand.value for operand in args))[index]))

    def gradients(self, y: str, dy: str, *args: str) -> Iterable[Gradient]:
        """Apply the chain rule to what was done; nothing where that has no derivative."""
        return self.back(y, dy, *args) if self.back else ()

    def given(self, sizes: tuple[int, ...]) -> Wrong:
        """Return the same operation with these sizes as its last arguments, and as its derivative's."""
        function, paper = self.function, self.paper

        def back(*names: str) -> Iterable[Gradient]:
            for path in self.gradients(*names):
                yield path._replace(op=path.op.given(sizes)) if isinstance(path.op, Wrong) else path

        return Wrong(self.template, lambda *a: function(*a, *sizes), lambda *a: paper(*a, *sizes), back)


def by(op: Op, pattern: str) -> Back:
    """Say that the first argument's gradient is ``op`` of y, dy and arguments: ``y dy``, ``0 dy 1…``."""

    def back(y: str, dy: str, *args: str) -> Iterable[Gradient]:
        named = {"y": (y,), "dy": (dy,), "0": args[:1], "1": args[1:2], "1…": args[1:]}
        yield Gradient(args[0], op, tuple(name for token in pattern.split() for name in named[token]))

    return back


def need(fits: bool) -> None:  # noqa: FBT001 - there is nothing else
    """Raise ValueError where shapes do not fit: NumPy would find some way to use them."""
    if not fits:
        raise ValueError("the shapes differ")


def linear(text: str, function: Function) -> Wrong:
    """Return an operation that does to the gradient what it did to the matrix."""
    op = Wrong(text, function)
    op.back = by(op, "dy 1…")
    return op


# What is made from the right row


def same(right: Row) -> Op:
    """Return the right operation: what goes into it is wrong."""
    return right.op


def inverse(right: Row) -> Op:
    """Multiply where it should be divided, and the other way round."""
    return MULTIPLY if right.op is DIVIDE else DIVIDE


def rest(right: Row) -> Op:
    """Add up all arguments but one: that may leave a single one."""
    return ADD if len(right.args) > 2 else COPY  # noqa: PLR2004 - of two, one is left


def one_of_three(right: Row) -> Op | None:
    """Take one path alone; where there are only two, that is leaving out the other."""
    return COPY if len(right.args) > 2 else None  # noqa: PLR2004


def of_negative(right: Row) -> Op:
    """Turn the sign of what goes in."""
    own = LOGISTIC_GRADIENT if right.op is SIGMOID else SOFTMAX_GRADIENT
    turned = Wrong(lambda *args: f"−{own.text(*args)}", lambda *args: -own.value(*args))
    return Wrong(
        lambda arg: right.op.text(f"−{arg}"), lambda arg: right.op.value(-arg), back=by(turned, "y dy")
    )


def negative(right: Row) -> Op:
    """Turn the sign of the gradient at the output."""

    def text(*args: str) -> str:
        if "Y" not in args:
            return f"−{right.op.text(*args)}"
        output, target, *n = args
        return last_form(right.op.text(target, output, *n))

    return Wrong(text, lambda *args: -right.op.value(*args))


def over_n(right: Row) -> Op:
    """Divide by the number of tokens, the last argument, what is divided by N or not at all."""
    return by_tokens(right.op)


def by_tokens(op: Op) -> Wrong:
    """Return the operation that divides by the number of tokens; so does its derivative."""
    return Wrong(
        lambda *args: last_form(op.text(*args, "n")), op.value, op.on_paper, like_right(op, by_tokens)
    )


def times(factor: float, change: Callable[[str], str], derived: str) -> Callable[[Row], Op]:
    """Multiply the right result: a loss with another sign or base.

    ``change`` does so to its text, ``derived`` to that of its gradients.
    """

    def multiplied(op: Op, change: Callable[[str], str]) -> Wrong:
        return Wrong(
            lambda *args: change(op.text(*args)),
            lambda *args: np.asarray(factor * op.value(*args)),
            lambda *args: np.asarray(factor * op.on_paper(*args)),
            like_right(op, lambda path: multiplied(path, lambda text: derived.format(last_form(text)))),
        )

    return lambda right: multiplied(right.op, change)


def like_right(op: Op, change: Callable[[Op], Op]) -> Back:
    """Go back as through the right operation, but with each gradient changed."""

    def back(*names: str) -> Iterable[Gradient]:
        for path in op.gradients(*names):
            yield path._replace(op=change(path.op))

    return back


def other_activation(right: Row) -> Op | None:
    """Take the softmax where the right row takes σ."""
    return SOFTMAX if right.op is SIGMOID else None


def last_form(text: str) -> str:
    """Return the simplest form of what is derived in several steps: P − Y."""
    return text.rsplit(" = ", maxsplit=1)[-1]


# Scale, mask and softmax


def by_root(size: str) -> Op:
    """Divide by the root of a size."""
    return linear(f"{{0}}/√{size}", lambda scores, number: scores / np.sqrt(number))


SUBTRACTED = Wrong("{0} − √d_k", lambda scores, d_k: scores - np.sqrt(d_k), back=by(COPY, "dy"))


def masked(change: Callable[[Array, Allowed], Array]) -> Function:
    """Do something to the scores, with what the mask adds to them, knowing where one may look."""
    return lambda scores, mask, added=0.0: change(scores + added, mask.allowed(*scores.shape[-2:]))


def hide(scores: Array, allowed: Allowed) -> Array:
    """Put −∞ where one may not look."""
    return np.where(allowed, scores, -np.inf)


def other_triangle(scores: Array, allowed: Allowed) -> Array:
    """Keep the other triangle of a mask that is one; nothing else has one."""
    n, m = allowed.shape[-2:]
    if n != m or np.any(allowed & ~np.tri(m, dtype=np.bool_)):
        raise ValueError("this mask is no triangle")
    return hide(scores, allowed.swapaxes(-1, -2))


def one_off(by: int) -> Function:
    """Move the diagonal of a causal mask by so many places; another mask has none."""

    def function(scores: Array, mask: Mask, added: Array | float = 0.0) -> Array:
        n, m = scores.shape[-2:]
        low, high = mask.window or (None, None)
        end = high if high == 0 and mask.causal is None else mask.causal
        if end is not None:
            window = None if low is None or high is None else (low, max(high, end + by))
            return hide(scores + added, replace(mask, causal=end + by, window=window).allowed(n, m))
        if np.array_equal(mask.allowed(n, m), np.tri(n, m)):
            return hide(scores + added, np.tri(n, m, by, np.bool_))
        raise ValueError("this mask is not causal")

    return function


def unscaled(scores: Array, mask: Mask | None = None, added: Array | float = 0.0) -> Array:
    """Take the softmax of the scores as they are, masked where there is a mask."""
    return softmax(scores if mask is None else hide(scores + added, mask.allowed(*scores.shape[-2:])))


def unscaled_text(scores: str, *mask: str) -> str:
    """Write that softmax."""
    return f"softmax(mask({scores}))" if mask else f"softmax({scores})"


def of_the_whole(scores: Array) -> Array:
    """Divide each e^B by the sum of the whole matrix."""
    powers = np.exp(scores - scores.max(axis=(-2, -1), keepdims=True))
    whole: Array = powers / powers.sum(axis=(-2, -1), keepdims=True)
    return whole


def without_keepdims(scores: Array) -> Array:
    """Divide each e^B by the sum of the row that has the number of its column."""
    if scores.shape[-2] != scores.shape[-1]:
        raise ValueError("as many sums as columns are needed")
    powers = np.exp(scores - scores.max(axis=(-2, -1), keepdims=True))
    sums = along_rows(powers).mT
    shares: Array = np.divide(powers, sums, out=np.zeros_like(powers), where=sums > 0)
    return shares


def plain_softmax(scores: Array, less: Array | None = None) -> Array:
    """Take the softmax of each row as code does: NaN where all of it is −∞.

    ``less``: what is subtracted in the place of each row's maximum.
    """
    powers = np.exp(scores - (scores.max(axis=-1, keepdims=True) if less is None else less))
    weights: Array = powers / along_rows(powers)
    return weights


def share_of_row(scores: Array) -> Array:
    """Divide each number by its row's sum, in which masked scores do not count."""
    seen = np.where(scores <= HIDING, 0.0, scores)
    shares: Array = seen / along_rows(seen)
    return shares


def along_rows(matrix: Array) -> Array:
    """Sum each row, as a column."""
    total: Array = matrix.sum(axis=-1, keepdims=True)
    return total


# What is done to dA, with A in front: of these too some are the derivative of another softmax
LOGISTIC_GRADIENT = Wrong("{0}∘(1−{0})∘{1}", lambda a, g: a * (1 - a) * g)
ONLY_A_DA = Wrong("{0}∘{1}", np.multiply)
ROW_SUM = Wrong("{0}∘({1} − rowsum({1}))", lambda a, g: a * (g - along_rows(g)))
ROW_MEAN = Wrong("{0}∘({1} − rowmean({1}))", lambda a, g: a * (g - g.mean(axis=-1, keepdims=True)))
COLUMN_SUM = Wrong("{0}∘({1} − colsum({0}∘{1}))", lambda a, g: a * (g - (a * g).sum(-2, keepdims=True)))
WHOLE_SUM = Wrong("{0}∘({1} − sum({0}∘{1}))", lambda a, g: a * (g - (a * g).sum((-2, -1), keepdims=True)))
OUTER_A_LOST = Wrong("{1} − rowsum({0}∘{1})", lambda a, g: g - along_rows(a * g))
PLUS_SUM = Wrong("{0}∘({1} + rowsum({0}∘{1}))", lambda a, g: a * (g + along_rows(a * g)))
BASE_2_GRADIENT = Wrong(
    lambda *args: f"ln 2·{SOFTMAX_GRADIENT.text(*args)}",
    lambda *args: np.log(2) * SOFTMAX_GRADIENT.value(*args),
)
SCALED_LATER_GRADIENT = Wrong(
    "{0}∘({1} − √d_k·rowsum({0}∘{1}))", lambda a, g, d_k: a * (g - np.sqrt(d_k) * along_rows(a * g))
)
SHARE_GRADIENT = Wrong(
    "({2} − rowsum({1}∘{2}))/rowsum({0})",
    lambda b, a, g: np.where(
        b <= HIDING, 0.0, (g - along_rows(a * g)) / along_rows(np.where(b <= HIDING, 0.0, b))
    ),
)
ZERO_FILLED_GRADIENT = Wrong(
    lambda a, g, mask: KEEP_ALLOWED.text(SOFTMAX_GRADIENT.text(a, g), mask),
    lambda a, g, mask: KEEP_ALLOWED.value(SOFTMAX_GRADIENT.value(a, g), mask),
)


def hidden(text: str, function: Function) -> Wrong:
    """Return a mask that hides other cells than it should; no gradient goes through those."""
    kept = Wrong(N_("{1}, 0 where {0} is −∞"), lambda m, g: np.where(m <= HIDING, 0.0, g))
    return Wrong(text, function, back=by(kept, "y dy"))


OTHER_TRIANGLE = hidden(N_("the other triangle of {0}"), masked(other_triangle))
ZERO_FILLED = Wrong(
    N_("{0}, 0 where masked"),
    masked(lambda s, allowed: np.where(allowed, s, 0.0)),
    back=by(KEEP_ALLOWED, "dy 1"),
)
OFF_DIAGONAL = hidden(
    N_("mask({0}), the diagonal as well"),
    masked(lambda s, allowed: hide(s, allowed & ~np.eye(*s.shape[-2:], dtype=np.bool_))),
)


ONE_MORE = hidden(N_("mask({0}), one future token seen"), one_off(1))
ONE_LESS = hidden(N_("mask({0}), the token itself hidden"), one_off(-1))


def softmax_after(mask: Op, right: Op = SOFTMAX) -> Wrong:
    """Return the softmax of what a mask gives; a cell that is not −∞ has a weight, but no gradient."""
    keeps = any(path.op is KEEP_ALLOWED for path in mask.gradients("M", "dM", "Z", "mask"))
    to_scores = by(ZERO_FILLED_GRADIENT, "y dy 1") if keeps else by(SOFTMAX_GRADIENT, "y dy")
    if right is not SOFTMAX:
        return with_sinks_after(mask, right, to_scores)
    return Wrong(
        lambda *args: f"softmax({mask.text(*args)})",
        lambda *args: plain_softmax(mask.value(*args)),
        lambda *args: softmax(mask.on_paper(*args)),
        back=to_scores,
    )


def with_sinks_after(mask: Op, right: Op, to_scores: Back) -> Wrong:
    """Return the same with a sink for each head, the last argument."""

    def back(y: str, dy: str, *args: str) -> Iterable[Gradient]:
        yield from to_scores(y, dy, *args)
        scores = f"{y}'s scores"
        ((_, shares, _),) = (path for path in right.gradients(y, dy, scores, args[-1]) if path.of == args[-1])
        op = Wrong(
            lambda a, g, *rest: shares.text(a, g, mask.text(*rest[:-1]), rest[-1]),
            lambda a, g, *rest: shares.value(a, g, mask.value(*rest[:-1]), rest[-1]),
        )
        yield Gradient(args[-1], op, (y, dy, *args))

    return Wrong(
        lambda *args: right.text(mask.text(*args[:-1]), args[-1]),
        lambda *args: right.value(mask.value(*args[:-1]), args[-1]),
        back=back,
    )


MASKED_LATER = Wrong(
    N_("softmax({0}), then 0 where masked"),
    masked(lambda s, allowed: np.where(allowed, softmax(s), 0.0)),
    back=by(
        Wrong(
            N_("softmax({0})∘({2}, 0 where masked, − rowsum({1}∘{2}))"),
            lambda z, a, g, mask, added=0.0: (
                softmax(z + added) * (KEEP_ALLOWED.value(g, mask) - along_rows(a * g))
            ),
        ),
        "0 y dy 1…",
    ),
)
CAUSAL = Wrong(
    "softmax(mask({0}))",
    lambda b: softmax(hide(b, np.tri(*b.shape[-2:], dtype=np.bool_))),
    back=by(SOFTMAX_GRADIENT, "y dy"),
)
UNSCALED = Wrong(unscaled_text, unscaled, back=by(SOFTMAX_GRADIENT, "y dy"))
SCALED_LATER = Wrong(
    lambda *args: f"{unscaled_text(*args)}/√d_k",
    lambda *args: unscaled(*args[:-1]) / np.sqrt(args[-1]),
    back=by(SCALED_LATER_GRADIENT, "y dy"),
)
BY_COLUMN = Wrong(
    N_("softmax of each column of {0}"),
    lambda b: plain_softmax(b.mT).mT,
    lambda b: softmax(b.mT.copy()).mT,
    back=by(COLUMN_SUM, "y dy"),
)
NOT_NORMALISED = Wrong("e^{0}", np.exp, back=by(ONLY_A_DA, "y dy"))
OF_THE_WHOLE = Wrong(N_("e^{0}/(the sum of the whole matrix)"), of_the_whole, back=by(WHOLE_SUM, "y dy"))
NO_EXP = Wrong("{0}/rowsum({0})", share_of_row, back=by(SHARE_GRADIENT, "0 y dy"))
LOGISTIC = Wrong("σ({0})", SIGMOID.value, back=by(LOGISTIC_GRADIENT, "y dy"))
BASE_2 = Wrong("2^{0}/rowsum(2^{0})", lambda b: softmax(b * np.log(2)), back=by(BASE_2_GRADIENT, "y dy"))
NO_KEEPDIMS = Wrong(
    N_("e^{0}, each column j over the sum of row j"),
    without_keepdims,
    back=by(
        Wrong(
            "{1}∘{2} − softmax({0})∘colsum({1}∘{2})ᵀ",
            lambda b, a, g: a * g - softmax(b) * (a * g).sum(axis=-2, keepdims=True).mT,
        ),
        "0 y dy",
    ),
)
TWICE = Wrong(
    "softmax(softmax({0}))",
    lambda b: softmax(softmax(b)),
    back=by(
        Wrong(
            lambda b, a, g: SOFTMAX_GRADIENT.text(f"softmax({b})", f"({SOFTMAX_GRADIENT.text(a, g)})"),
            lambda b, a, g: SOFTMAX_GRADIENT.value(softmax(b), SOFTMAX_GRADIENT.value(a, g)),
        ),
        "0 y dy",
    ),
)
WEIGHTS_AVERAGED = Wrong(  # of another shape than A: nothing follows from it
    N_("the mean of softmax({0}) over the heads"), lambda b, _heads: softmax(b).mean(axis=0)
)
OWN_ACTIVATION = {SIGMOID: LOGISTIC, DISTRIBUTION: SOFTMAX}  # with a derivative of their own, not the loss's
TANH = Wrong("tanh({0})", np.tanh, back=by(Wrong("{1}∘(1−{0}∘{0})", lambda p, g: g * (1 - p * p)), "y dy"))
ONLY_LARGEST = Wrong(  # a step: it has no derivative
    N_("1 at the largest of each row of {0}, else 0"), lambda b: np.eye(b.shape[-1])[b.argmax(axis=-1)]
)


# Heads and output


def interleaved(matrix: Array, heads: int) -> Array:
    """Let head i take the columns i, i+h, i+2h and so on."""
    n, width = matrix.shape
    return np.moveaxis(matrix.reshape(n, width // heads, heads), -1, 0)


def joined(heads: Array) -> Array:
    """Deal the columns of the heads out in turn: the way back from that."""
    return np.moveaxis(heads, 0, -1).reshape(heads.shape[-2], -1)


def by_cell(a: Array, v: Array) -> Array:
    """Multiply cell by cell, where the shapes are the same."""
    need(a.shape == v.shape)
    return a * v


def for_all_heads(right: Row) -> Op:
    """Multiply two matrices; where there are heads, one product for all of them has another shape than S."""
    return Wrong("{0}·{1}", np.matmul) if right.args[0] == "Qh" else MATMUL


def interleaved_product() -> Op:
    """Multiply each head's gradient by the other factor's interleaved head, and put them together again."""
    return Wrong(
        N_("concat({0}·split({1})), interleaved"), lambda g, k, heads: joined(g @ interleaved(k, heads))
    )


SUM_OF_HEADS = Wrong("Σ {0}·{1}", lambda g, k: (g @ k).sum(axis=0))
IN_EVERY_HEAD = Wrong(
    N_("{0}·{1} in every head"),
    lambda q, k, heads: np.stack([q @ k] * heads),
    back=lambda _, dy, q, k, _h: [
        Gradient(q, SUM_OF_HEADS, (dy, transpose(k))),
        Gradient(transpose(k), SUM_OF_HEADS, (transpose(dy), q)),
    ],
)
INTERLEAVED_SPLIT = Wrong(
    N_("split({0}), interleaved"),
    interleaved,
    back=by(Wrong(N_("concat({0}), interleaved"), lambda g, _heads: joined(g)), "dy 1"),
)
INTERLEAVED_SCORES = Wrong(
    N_("split({0})·split({1})ᵀ, interleaved"),
    lambda q, k, heads: interleaved(q, heads) @ interleaved(k, heads).swapaxes(-1, -2),
    back=lambda _, dy, q, k, heads: [
        Gradient(q, interleaved_product(), (dy, k, heads)),
        Gradient(k, interleaved_product(), (transpose(dy), q, heads)),
    ],
)
BY_CELL = Wrong(
    "{0}∘{1}",
    by_cell,
    back=lambda _, dy, a, v: [Gradient(a, ONLY_A_DA, (dy, v)), Gradient(v, ONLY_A_DA, (dy, a))],
)


def joining(text: str, function: Function, back_text: str, back: Function) -> Wrong:
    """Return what makes one matrix of the heads, and the way back, for which it needs their shape."""
    return Wrong(text, function, back=by(Wrong(back_text, back), "0 dy"))


AVERAGED = joining(
    N_("the mean of {0}'s heads"),
    lambda h: h.mean(axis=0),
    N_("{1}/h in every head"),
    lambda h, g: np.broadcast_to(g / len(h), h.shape),
)
SUMMED = joining(
    N_("the sum of {0}'s heads"),
    lambda h: h.sum(axis=0),
    N_("{1} in every head"),
    lambda h, g: np.broadcast_to(g, h.shape),
)
REVERSED = joining(
    N_("concat({0}), the last head first"),
    lambda h: np.concatenate(h[::-1], axis=-1),
    N_("split({1}), the last head first"),
    lambda h, g: SPLIT.value(g, len(h))[::-1],
)
STACKED = joining(
    N_("{0}'s heads below each other"),
    lambda h: h.reshape(-1, h.shape[-1]),
    N_("{1}'s rows, head by head"),
    lambda h, g: g.reshape(h.shape),
)
INTERLEAVED_HEADS = joining(
    N_("{0}'s columns interleaved"),
    joined,
    N_("split({1}), interleaved"),
    lambda h, g: interleaved(g, len(h)),
)


# Losses, of P and Y; a row of the target that is blank does not count


def by_p(gradient: Op) -> Back:
    """Say that a loss goes back by way of P alone: its activation's own derivative leads on to O."""
    return lambda _y, _dy, p, target, _o, *n: [Gradient(p, gradient, (p, target, *n))]


POSITIVE_DP = Wrong("−{1}/{0}", lambda p, y, n=1.0: counted(np.where(y == 0, 0.0, -y / p) / n, y))


def positive_only(right: Row) -> Op | None:
    """Leave the other half of −Σ[Y·ln P + (1−Y)·ln(1−P)] out."""

    def function(p: Array, y: Array, _o: Array, n: float = 1.0) -> Array:
        terms = np.where(y == 0, 0.0, y * np.log(np.where(y == 0, 1.0, p)))
        return np.asarray(-counted(terms, y).sum() / n)

    return Wrong("−Σ {1}·ln {0}", function, back=by_p(POSITIVE_DP)) if right.op is BCE else None


def exchanged(right: Row) -> Op:
    """Take the cross-entropy with P and Y in each other's place; infinite where a Y is 0."""

    def function(p: Array, y: Array, _o: Array, n: float = 1.0) -> Array:
        terms = p * np.log(y) + ((1 - p) * np.log(1 - y) if right.op is BCE else 0.0)
        return np.asarray(-counted(terms, y).sum() / n)

    logarithm = "{1}/(1−{1})" if right.op is BCE else "{1}"
    gradient = Wrong(
        f"−ln({logarithm})",
        lambda _, y, n=1.0: counted(-(np.log(y / (1 - y)) if right.op is BCE else np.log(y)) / n, y),
    )
    return Wrong(lambda p, y, o, *n: right.op.text(y, p, o, *n), function, back=by_p(gradient))


SQUARES = Wrong(
    "Σ({0} − {1})²",
    lambda p, y, _o, n=1.0: np.asarray((counted(p - y, y) ** 2).sum() / n),
    back=by_p(SQUARED_ERROR_GRADIENT),
)


def number_of(target: Array) -> int:
    """Count the numbers of a target, also where N counts only its rows."""
    return int(np.count_nonzero(~np.isnan(target)))


def squares_per_number(right: Row) -> Op | None:
    """Take the mean of the squared differences over all cells, which N does not count there."""
    gradient = Wrong("2({0} − {1})/(n·d_out)", lambda p, y: SQUARED_ERROR_GRADIENT.value(p, y, number_of(y)))
    op = Wrong(
        "Σ({0} − {1})²/(n·d_out)",
        lambda p, y, o: SQUARES.value(p, y, o, number_of(y)),
        back=by_p(gradient),
    )
    return op if right.op is CE else None


# Gradients


def per_number(right: Row) -> Op | None:
    """Divide dO by the number of all cells, where N counts only rows."""
    op = Wrong("({0} − {1})/(n·d_out)", lambda p, y: right.op.value(p, y, number_of(y)))
    return op if right.op is CE_DO else None


def mean_of_paths(right: Row) -> Op | None:
    """Take the mean of what is to be added up."""
    paths = len(right.args)
    op = Wrong(lambda *args: f"({ADD.text(*args)})/{paths}", lambda *args: ADD.value(*args) / paths)
    return op if right.op is ADD else None


SIGMOID_AGAIN = Wrong("({0} − {1})∘{0}∘(1−{0})", lambda p, y, n=1.0: counted((p - y) * p * (1 - p) / n, y))


def step(eta: float) -> Op:
    """Update the weight by so much of its gradient."""
    sign = "−" if eta < 0 else "+"
    return Wrong(f"{{2}} {sign} {abs(eta):g}·{{0}}·{{1}}", lambda x, g, w: w + eta * (x @ g))


STEPS = tuple(step(sign * eta) for eta in (1.0, 0.5, 0.1, 0.05, 0.01, 0.001) for sign in (-1, 1))


def sum_of_products(*args: Array) -> Array:
    """Multiply each pair of arguments, and add up."""
    products = [one @ other for one, other in zip(args[::2], args[1::2], strict=True)]
    return np.sum(products, axis=0)  # type: ignore[no-any-return]


def sum_text(*args: str) -> str:
    """Write that sum."""
    return " + ".join(f"{one}·{other}" for one, other in zip(args[::2], args[1::2], strict=True))
