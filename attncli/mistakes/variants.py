"""Wrong operations of pages of one's own: shared heads, windows, caps, positions, residuals, norms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from attncli.language import N_, _
from attncli.mistakes.heads import product_with_weight
from attncli.mistakes.wrong import Function, Wrong, along_rows, by, by_cell, hidden, hide, need
from attncli.ops.cells import GELU, GELU_TANH, RELU, SLOPES, SOFTCAP
from attncli.ops.linear import ADD, COLSUM, COPY, MATMUL
from attncli.ops.norms import LAYERNORM, RMSNORM, root_text
from attncli.ops.op import Array, Gradient, Op, transpose
from attncli.ops.positions import (
    ALIBI,
    ROPE,
    ROPE_BACK,
    ROPE_PAIRS,
    ROPE_PAIRS_BACK,
    Rope,
    wavelength,
)
from attncli.ops.softmax import KEEP_ALLOWED, SINK_GRADIENT, SOFTMAX_SINK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from attncli.ops.mask import Mask
    from attncli.page.page import Row


# Heads that several queries share


def sum_of_tiles(a: Array, count: float) -> Array:
    """Add up the copies of each head, where head i follows all others before it comes again."""
    total: Array = a.reshape(int(count), -1, *a.shape[1:]).sum(axis=0)
    return total


def back_from_tiles() -> Wrong:
    """Return what sums a head's copies then."""
    return Wrong(N_("sum of the {1} copies of each head in {0}, laid out 1 2 … 1 2 …"), sum_of_tiles)


TILED = Wrong(
    N_("{0}, all its heads {1} times over: 1 2 … 1 2 …"),
    lambda a, count: np.tile(a, (int(count), 1, 1)),
    back=by(back_from_tiles(), "dy 1"),
)


def one_of_each(which: int, text: str) -> Wrong:
    """Take one head's gradient of those that were one."""
    return Wrong(text, lambda a, count: a.reshape(-1, int(count), *a.shape[1:])[:, which])


ONE_OF_SHARED = (
    one_of_each(0, N_("the first of each {1} heads of {0}")),
    one_of_each(-1, N_("the last of each {1} heads of {0}")),
)
MEAN_OF_SHARED = Wrong(
    N_("the mean of each {1} heads of {0}"),
    lambda a, count: a.reshape(-1, int(count), *a.shape[1:]).mean(axis=1),
)


# Windows


def by_window(change: Callable[[Mask, int, int], Mask]) -> Function:
    """Mask with another window; a mask that has none cannot be mistaken so."""

    def function(scores: Array, mask: Mask, added: Array | float = 0.0) -> Array:
        need(mask.window is not None)
        n, m = scores.shape[-2:]
        return hide(scores + added, change(mask, *(mask.window or (0, 0))).allowed(n, m))

    return function


def without_window(mask: Mask, _low: int, high: int) -> Mask:
    """Let the window hide nothing but later tokens."""
    return replace(mask, window=None, causal=high if mask.causal is None else mask.causal)


TOO_WIDE = (
    hidden(
        N_("mask({0}), one more token before in the window"),
        by_window(lambda mask, low, high: replace(mask, window=(low - 1, high))),
    ),
    hidden(
        N_("mask({0}), one more token on both sides of the window"),
        by_window(lambda mask, low, high: replace(mask, window=(low - 1, high + 1))),
    ),
)
TOO_NARROW = hidden(
    N_("mask({0}), one token fewer before in the window"),
    by_window(lambda mask, low, high: replace(mask, window=(low + 1, high))),
)
NO_WINDOW = hidden(N_("mask({0}), without the window"), by_window(without_window))


# Soft caps

FACTOR_IS_THE_SCORE = Wrong(
    "{0}∘tanh({0}/{1})",
    lambda z, c: z * np.tanh(z / c),
    back=by(
        Wrong(
            "{1}∘(tanh({0}/{2}) + {0}/{2}∘(1 − tanh²({0}/{2})))",
            lambda z, g, c: g * (np.tanh(z / c) + z / c * SOFTCAP.slope(z, c)),
        ),
        "0 dy 1…",
    ),
)
FACTOR_MISSING = Wrong(
    "tanh({0}/{1})",
    lambda z, c: np.tanh(z / c),
    back=by(Wrong("{1}∘(1 − tanh²({0}/{2}))/{2}", lambda z, g, c: g * SOFTCAP.slope(z, c) / c), "0 dy 1…"),
)
CAPPED_MASK = Wrong(  # tanh(−∞) is −1
    N_("{0}, −{2} where masked"),
    lambda z, mask, c: np.where(mask.allowed(*z.shape[-2:]), z, -c),
    back=by(KEEP_ALLOWED, "dy 1"),
)


# Rotary positions


def halves(right: Row) -> Op | None:
    """Turn columns half a row apart, where neighbours belong together."""
    return ROPE if right.op is ROPE_PAIRS else None


def pairs(right: Row) -> Op | None:
    """Turn neighbours, where columns half a row apart belong together."""
    return ROPE_PAIRS if right.op is ROPE else None


def forth(right: Row) -> Op:
    """Turn a gradient as its matrix was turned."""
    return ROPE_PAIRS if right.op is ROPE_PAIRS_BACK else ROPE


def other_way(right: Row) -> Op:
    """Turn the other way."""
    pairs = right.op is ROPE_PAIRS
    return Wrong(
        (ROPE_PAIRS_BACK if pairs else ROPE_BACK).text,
        (ROPE_PAIRS_BACK if pairs else ROPE_BACK).value,
        back=by(right.op, "dy 1"),
    )


def mixed(text: str, angles: Rope, cells: Rope) -> Wrong:
    """Turn the cells that one layout pairs by the angles that the other lays out."""

    def turn(a: Array, base: float) -> tuple[Array, Array, list[int]]:
        *_, n, width = a.shape
        pairs = [cells.pair(j, width) for j in range(width)]
        waves = np.array([wavelength(base, angles.pair(j, width)[0], width) for j in range(width)])
        by_place = np.arange(n)[:, None] / waves
        signs = np.array([1.0 if second else -1.0 for _, _, second in pairs])
        return np.cos(by_place), np.sin(by_place) * signs, [other for _, other, _ in pairs]

    def value(a: Array, base: float) -> Array:
        cos, sin, other = turn(a, base)
        return a * cos + a[..., other] * sin

    def gradient(g: Array, base: float) -> Array:
        cos, sin, other = turn(g, base)
        return g * cos + (g * sin)[..., other]

    return Wrong(text, value, back=by(Wrong("rope⁻¹({0})", gradient), "dy 1"))


MIXED = (
    mixed(N_("rope({0}), angles for neighbours, cells half a row apart"), ROPE_PAIRS, ROPE),
    mixed(N_("rope({0}), angles for halves, neighbouring cells"), ROPE, ROPE_PAIRS),
)


def from_one(right: Row) -> Op:
    """Count the places from 1: as if another row stood before the first."""

    def moved(op: Op) -> Function:
        return lambda a, *base: op.value(np.concatenate([a[..., :1, :], a], axis=-2), *base)[..., 1:, :]

    backs: dict[Op, Op] = {ROPE: ROPE_BACK, ROPE_PAIRS: ROPE_PAIRS_BACK}
    text = N_("{formula}, places counted from 1")
    back = backs.get(right.op)

    def written(op: Op) -> Callable[..., str]:
        return lambda *args: _(text, formula=op.text(*args))

    return Wrong(
        written(right.op),
        moved(right.op),
        back=None if back is None else by(Wrong(written(back), moved(back)), "dy 1"),
        fixed=right.op.fixed,
    )


def turned_values(rope: Op, turn_back: Op) -> Wrong:
    """Turn the values as well as queries and keys."""

    def back(_: str, dy: str, a: str, v: str, base: str) -> Iterable[Gradient]:
        to_weights = Wrong(
            lambda g, v, base: f"{g}·{rope.text(v, base)}ᵀ", lambda g, v, base: g @ rope.value(v, base).mT
        )
        to_values = Wrong(
            lambda a, g, base: turn_back.text(f"{a}ᵀ·{g}", base),
            lambda a, g, base: turn_back.value(a.mT @ g, base),
        )
        yield Gradient(a, to_weights, (dy, v, base))
        yield Gradient(v, to_values, (a, dy, base))

    return Wrong(
        lambda a, v, base: f"{a}·{rope.text(v, base)}",
        lambda a, v, base: a @ rope.value(v, base),
        back=back,
    )


HALVES_ON_VALUES = turned_values(ROPE, ROPE_BACK)
PAIRS_ON_VALUES = turned_values(ROPE_PAIRS, ROPE_PAIRS_BACK)


# Positions that are added


def with_positions(right: Row) -> Op:
    """Add the positions to the values."""
    op = right.op

    def function(*args: Array) -> Array:
        *own, positions = args
        value = op.value(*own)
        need(value.shape == positions.shape)
        return value + positions

    return Wrong(
        lambda *args: f"{op.text(*args[:-1])} + {args[-1]}",
        function,
        back=lambda y, dy, *args: [*op.gradients(y, dy, *args[:-1]), Gradient(args[-1], COPY, (dy,))],
    )


def from_positions(right: Row) -> Op | None:
    """Add the positions to what the values are made from."""
    op = right.op

    def function(x: Array, *args: Array) -> Array:
        *others, positions = args
        need(x.shape == positions.shape)
        return op.value(x + positions, *others)

    def back(_: str, dy: str, x: str, weight: str, *args: str) -> Iterable[Gradient]:
        *bias, positions = args
        for read in (x, positions):
            yield Gradient(read, MATMUL, (dy, transpose(weight)))
        to_weight = Wrong("({0} + {1})ᵀ·{2}", lambda x, p, g: (x + p).mT @ g)
        yield Gradient(weight, to_weight, (x, positions, dy))
        yield from (Gradient(b, COLSUM, (dy,)) for b in bias)

    made = Wrong(lambda x, *args: op.text(f"({x} + {args[-1]})", *args[:-1]), function, back=back)
    return made if product_with_weight(right) else None


def unsized(*args: Array) -> Array:
    """Add up what has one shape."""
    need(len({arg.shape for arg in args}) == 1)
    return ADD.value(*args)


SUM = Wrong(ADD.text, unsized, back=ADD.gradients)


# Norms


class Root(NamedTuple):
    """What a row is divided by: its text, from that of the variance, and its value and its slope."""

    text: str
    value: Function
    slope: Function


INSIDE = Root("√({0} + {1})", lambda v, e: np.sqrt(v + e), lambda v, e: 0.5 / np.sqrt(v + e))
NO_EPSILON = Root("√{0}", lambda v, _e: np.sqrt(v), lambda v, _e: 0.5 / np.sqrt(v))
OUTSIDE = Root("(√{0} + {1})", lambda v, e: np.sqrt(v) + e, lambda v, _e: 0.5 / np.sqrt(v))
NO_ROOT = Root("({0} + {1})", lambda v, e: v + e, lambda v, _e: np.ones_like(v))


@dataclass(frozen=True)
class Norm:
    """A norm of each row, or with ``down`` of each column: less its mean with ``centre``, over a root.

    ``less``: what is taken off the number of cells that the variance is divided by.
    """

    centre: bool
    root: Root = INSIDE
    down: bool = False
    less: int = 0

    def laid(self, a: Array) -> Array:
        """Return the matrix with what is normalised as its rows."""
        return a.mT if self.down else a

    def centred(self, a: Array) -> Array:
        """Take the mean of each row off."""
        return a - a.mean(axis=-1, keepdims=True) if self.centre else a

    def parts(self, a: Array, epsilon: float) -> tuple[Array, Array, Array]:
        """Return the rows less their mean, what each is divided by, and that one's slope by the squares."""
        apart = self.centred(self.laid(a))
        count = a.shape[-2 if self.down else -1] - self.less
        need(count > 0)
        middle = along_rows(apart**2) / count
        return apart, self.root.value(middle, epsilon), self.root.slope(middle, epsilon) * 2 / count

    def shares(self, a: Array, epsilon: float) -> Array:
        """Return what stands before γ and β."""
        apart, root, _ = self.parts(a, epsilon)
        return self.laid(apart / root)

    def value(self, a: Array, epsilon: float, *scale: Array) -> Array:
        """Work it out."""
        shares = self.shares(a, epsilon)
        for number, compute in zip(scale, (np.multiply, np.add), strict=False):
            shares = compute(shares, number)
        return shares

    def gradient(self, g: Array, a: Array, epsilon: float, *gamma: Array) -> Array:
        """Go back through it."""
        apart, root, slope = self.parts(a, epsilon)
        arriving = self.laid(g * gamma[0] if gamma else g)
        back = arriving / root - apart * along_rows(arriving * apart) / root**2 * slope
        return self.laid(self.centred(back))

    def text(self, a: str, epsilon: str, *scale: str) -> str:
        """Write it."""
        above = f"({a} − {self.mean_text}({a}))" if self.centre else a
        square = f"{above}²" if self.centre else f"{a}∘{a}"
        variance = f"{self.mean_text}({square})"
        if self.less:
            variance = f"{'colsum' if self.down else 'rowsum'}({square})/(d − {self.less})"
        elif self.centre:
            variance = f"{'colvar' if self.down else 'var'}({a})"
        shares = f"{above}/{self.root.text.format(variance, epsilon)}"
        return " + ".join(["∘".join([shares, *scale[:1]]), *scale[1:]])

    @property
    def mean_text(self) -> str:
        """What the mean is called."""
        return "colmean" if self.down else "mean"

    @property
    def op(self) -> Wrong:
        """Return it as an operation."""

        def back(y: str, dy: str, a: str, epsilon: str, *scale: str) -> Iterable[Gradient]:
            text = f"∂{y}/∂{a}·{{0}}"
            yield Gradient(a, Wrong(text, self.gradient), (dy, a, epsilon, *scale[:1]))
            if scale:
                to_gamma = Wrong("colsum({0}∘x̂)", lambda g, a, e: COLSUM.value(g * self.shares(a, e)))
                yield Gradient(scale[0], to_gamma, (dy, a, epsilon))
            if scale[1:]:
                yield Gradient(scale[1], COLSUM, (dy,))

        return Wrong(self.text, self.value, back=back)


def norm(**changed: Any) -> Callable[[Row], Op]:  # noqa: ANN401 - the fields of a Norm
    """Return what makes another norm of the right one."""
    return lambda right: Norm(**{"centre": right.op is LAYERNORM, **changed}).op


def norm_back(**changed: Any) -> Callable[[Row], Op]:  # noqa: ANN401 - the fields of a Norm
    """Return what goes back through another norm than the right one."""

    def made(right: Row) -> Op:
        other = Norm(**{"centre": right.op.centre, **changed})  # type: ignore[attr-defined]
        return Wrong(lambda g, a, *args: f"∂({other.text(a, *args)})/∂{a}·{g}", other.gradient)

    return made


def without_gamma(right: Row) -> Op | None:
    """Leave γ out, and β where it is all that is left of it."""
    op = right.op
    return (
        Wrong(
            lambda a, e, _gamma, *beta: " + ".join([op.text(a, e), *beta]),
            lambda a, e, _gamma, *beta: sum(beta, op.value(a, e)),
            back=lambda y, dy, a, e, _gamma, *beta: [
                *op.gradients(y, dy, a, e),
                *(Gradient(b, COLSUM, (dy,)) for b in beta),
            ],
        )
        if right.args[2:]
        else None
    )


def without_beta(right: Row) -> Op | None:
    """Leave β out."""
    op = right.op
    return (
        Wrong(
            lambda *args: op.text(*args[:3]),
            lambda *args: op.value(*args[:3]),
            back=lambda y, dy, *args: op.gradients(y, dy, *args[:3]),
        )
        if right.args[3:]
        else None
    )


RMSNORM_FOR_LAYERNORM = Wrong(
    lambda a, e, *scale: " + ".join([RMSNORM.text(a, e, *scale[:1]), *scale[1:]]),
    RMSNORM.value,
    back=RMSNORM.gradients,
)


def means(a: Array) -> Array:
    """Return the mean of each row, as a column."""
    middle: Array = a.mean(axis=-1, keepdims=True)
    return middle


def norm_gradient(text: str, *, mean: bool, variance: bool) -> Callable[[Row], Op | None]:
    """Go back through a norm without its mean term, or without that of its variance."""

    def made(right: Row) -> Op | None:
        centre = right.op.centre  # type: ignore[attr-defined]
        whole = Norm(centre=centre)

        def function(g: Array, a: Array, epsilon: float, *gamma: Array) -> Array:
            apart, root, _ = whole.parts(a, epsilon)
            shares, g = apart / root, g * gamma[0] if gamma else g
            off = means(g) if centre and mean else 0.0
            common = shares * means(g * shares) if variance else 0.0
            return (g - off - common) / root

        def written(g: str, a: str, epsilon: str, *gamma: str) -> str:
            g = "dx̂" if gamma else g
            root = root_text(a, epsilon, centre)
            where = f", dx̂ = {right.args[0]}∘{gamma[0]}" if gamma else ""
            return text.format(g, root) + where

        return Wrong(written, function) if centre or not mean else None

    return made


NO_MEAN = norm_gradient("({0} − x̂∘mean({0}∘x̂))/{1}", mean=False, variance=True)
NO_VARIANCE = norm_gradient("({0} − mean({0}))/{1}", mean=True, variance=False)
ONLY_ROOT = norm_gradient("{0}/{1}", mean=False, variance=False)
FACTOR_WITH_INPUT = Wrong("colsum({0}∘{1})", lambda g, a: COLSUM.value(g * a))


# Feed-forward


def exact_gelu(right: Row) -> Op | None:
    """Return the exact one for that with tanh."""
    return GELU if right.op is GELU_TANH else None


def gelu_by_tanh(right: Row) -> Op | None:
    """Return that with tanh for the exact one."""
    return GELU_TANH if right.op is GELU else None


def by_sign_of_next(right: Row) -> Op | None:
    """Take the sign of what comes behind the next layer for that of what relu read."""
    op = Wrong("{0}∘({1} > 0)", lambda g, a: by_cell(g, np.asarray(a > 0, g.dtype)))
    return op if right.op is SLOPES[RELU] else None


# Slopes of ALiBi


def sloped(text: str, added: Callable[[Array], Array]) -> Wrong:
    """Add something else to the scores."""
    return Wrong(text, lambda a: a + added(a), back=by(COPY, "dy"))


def with_slopes(slope: Callable[[int, int], float]) -> Callable[[Array], Array]:
    """Add another slope a head, times key less query."""

    def added(a: Array) -> Array:
        n, m = a.shape[-2:]
        heads = a.shape[0] if a.ndim > 2 else 1  # noqa: PLR2004 - heads, queries, keys
        slopes = np.array([slope(i, heads) for i in range(1, heads + 1)]).reshape(-1, 1, 1)
        return np.asarray((slopes * (np.arange(m) - np.arange(n)[:, None])).reshape(a.shape))

    return added


def away(a: Array) -> Array:
    """Return slope times the distance, behind and before."""
    return -np.abs(ALIBI.added(a))


SIGN = sloped(N_("{0} − slope·(key − query)"), lambda a: -ALIBI.added(a))
SLOPES_OF_ALIBI = (
    sloped(N_("{0} + 2^(−8(i−1)/h)·(key − query)"), with_slopes(lambda i, h: 2.0 ** (-8 * (i - 1) / h))),
    sloped(N_("{0} + i/h·(key − query)"), with_slopes(lambda i, h: i / h)),
    sloped(N_("{0} + 1/i·(key − query)"), with_slopes(lambda i, _h: 1 / i)),
    sloped(N_("{0} + 2^(−i)·(key − query)"), with_slopes(lambda i, _h: 2.0**-i)),
    sloped(N_("{0} + 2^(−i/h)·(key − query)"), with_slopes(lambda i, h: 2.0 ** (-i / h))),
    sloped(N_("{0} + 2^(−8/h)·(key − query)"), with_slopes(lambda _i, h: 2.0 ** (-8 / h))),
    sloped(N_("{0} + (key − query)"), with_slopes(lambda _i, _h: 1.0)),
)
DISTANCE = sloped(N_("{0} − slope·abs(key − query)"), away)


# Sinks


def sunk(which: int) -> Function:
    """Give a sink's share to one of the keys."""

    def function(scores: Array, sinks: Array) -> Array:
        weights = SOFTMAX_SINK.value(scores, sinks)
        weights[..., which] += 1 - weights.sum(axis=-1)
        return weights

    return function


def gradient_of_sunk(which: int) -> Callable[..., Array]:
    """Go back through it: what arrives at that key arrives at the sink as well."""

    def function(scores: Array, sinks: Array, g: Array) -> Array:
        weights = SOFTMAX_SINK.value(scores, sinks)
        sink = 1 - along_rows(weights)
        arriving = g[..., which, None]
        return weights * (g - along_rows(weights * g) - sink * arriving)

    return function


def sink_of_sunk(which: int) -> Callable[..., Array]:
    """Return the gradient of the sinks then."""

    def function(scores: Array, sinks: Array, g: Array) -> Array:
        weights = SOFTMAX_SINK.value(scores, sinks)
        sink = 1 - along_rows(weights)
        arriving = g[..., which, None]
        back = sink * (arriving - along_rows(weights * g) - sink * arriving)
        return np.asarray(back.sum(axis=(-2, -1)).reshape(sinks.shape))

    return function


def with_value(text: str, which: int) -> Wrong:
    """Return the softmax whose sink has a value: that of one of the keys."""

    def back(y: str, dy: str, scores: str, sinks: str) -> Iterable[Gradient]:
        args = (scores, sinks, dy)
        yield Gradient(scores, Wrong(f"∂{y}/∂{scores}·{{2}}", gradient_of_sunk(which)), args)
        yield Gradient(sinks, Wrong(f"∂{y}/∂{sinks}·{{2}}", sink_of_sunk(which)), args)

    return Wrong(text, sunk(which), back=back)


WITH_VALUE = with_value(N_("softmax({0}, {1}), the sink's share at the first key"), 0)
SINK_SIGN = Wrong(
    lambda *args: SINK_GRADIENT.text(*args).removeprefix("−"), lambda *args: -SINK_GRADIENT.value(*args)
)
