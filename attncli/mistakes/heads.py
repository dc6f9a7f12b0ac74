"""Wrong operations of projections, heads and the output: what people do in code, and on many a sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.language import N_
from attncli.mistakes.wrong import Wrong, along_rows, by, joining, need, times
from attncli.ops.linear import AFFINE, COLSUM, COPY, MATMUL
from attncli.ops.op import TRANSPOSED, Array, Gradient, transpose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from attncli.ops.op import Op
    from attncli.page.page import Row


CHANCES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)  # of dropout, as people choose them


def product_with_weight(right: Row) -> bool:
    """Whether a row is X·W or X·W + b, as it is in the lesson; a page of one's own may have another."""
    return right.op in {MATMUL, AFFINE} and not any(arg.endswith(TRANSPOSED) for arg in right.args)


# Projections


def biased(right: Row) -> Op | None:
    """Return X·W + b, where the right row adds a bias too."""
    return AFFINE if right.op is AFFINE else None


def clipped(right: Row) -> Op | None:
    """Put 0 where a product with a weight is negative; no gradient goes through those cells."""
    op = right.op

    def back(y: str, dy: str, *args: str) -> Iterable[Gradient]:
        for path in op.gradients(y, dy, *args):
            yield Gradient(path.of, only_positive(path.op, path.args.index(dy)), (y, *path.args))

    text, function = (lambda *args: f"max(0, {op.text(*args)})"), (lambda *a: np.maximum(op.value(*a), 0.0))
    return Wrong(text, function, back=back) if product_with_weight(right) else None


def only_positive(op: Op, place: int) -> Wrong:
    """Do the same with one argument set to 0 where another, put in front, is not positive."""

    def text(y: str, *args: str) -> str:
        return op.text(*args[:place], f"({args[place]}∘[{y} > 0])", *args[place + 1 :])

    def function(y: Array, *args: Array) -> Array:
        return op.value(*args[:place], args[place] * (y > 0), *args[place + 1 :])

    return Wrong(text, function)


def projected_twice(right: Row) -> Op | None:
    """Multiply by the weight and add the bias, and do both once more."""
    op = right.op

    def back(_: str, dy: str, x: str, w: str, *bias: str) -> Iterable[Gradient]:
        yield Gradient(x, Wrong("{0}·{1}·{1}", lambda g, wt: g @ wt @ wt), (dy, transpose(w)))
        yield Gradient(w, Wrong(weight_text, weight), (dy, x, w, *bias))
        for b in bias:
            sums = Wrong("colsum({0}·{1} + {0})", lambda g, wt: (g @ wt + g).sum(axis=-2))
            yield Gradient(b, sums, (dy, transpose(w)))

    def weight(g: Array, x: Array, w: Array, *bias: Array) -> Array:
        return x.mT @ g @ w.mT + op.value(x, w, *bias).mT @ g

    def weight_text(g: str, x: str, w: str, *bias: str) -> str:
        return f"{x}ᵀ·{g}·{w}ᵀ + ({op.text(x, w, *bias)})ᵀ·{g}"

    def text(x: str, *args: str) -> str:
        return op.text(f"({op.text(x, *args)})", *args)

    twice = Wrong(text, lambda x, *args: op.value(op.value(x, *args), *args), back=back)
    return twice if product_with_weight(right) else None


def first_columns(x: Array, w: Array) -> Array:
    """Return as many columns of the embeddings as the weight would have made; they have more."""
    need(x.shape[-1] > w.shape[-1])
    return x[..., : w.shape[-1]]


def widened(matrix: Array, width: int) -> Array:
    """Return a matrix with columns of zeros behind its own."""
    return np.pad(matrix, [(0, 0)] * (matrix.ndim - 1) + [(0, width - matrix.shape[-1])])


FIRST_COLUMNS = Wrong(
    N_("the first columns of {0}"),
    first_columns,
    back=by(Wrong(N_("{1}, then columns of zeros"), lambda x, g: widened(g, x.shape[-1])), "0 dy"),
)


# Cutting into heads, and joining them


def sides(symbol: str) -> tuple[str, str]:
    """Return the letters of Q, K or V, of its heads or of their gradients: its rows, a head's columns."""
    name = symbol.strip("dh")
    return "n" if name == "Q" else "m", "d_v" if name == "V" else "d_k"


def split_in_memory(matrix: Array, heads: int) -> Array:
    """Cut a matrix into heads as its numbers lie in memory."""
    return matrix.reshape(heads, len(matrix), -1)


def joined_in_memory(heads: Array, _h: int = 0) -> Array:
    """Make n rows of the numbers of all heads, head after head."""
    _, n, _ = heads.shape
    return heads.reshape(n, -1)


RESHAPED = Wrong(
    lambda q, _h: "reshape({}, h × {} × {})".format(q, *sides(q)),
    split_in_memory,
    back=by(
        Wrong(lambda g, _h: "reshape({}, {} × h·{})".format(g, *sides(g)), joined_in_memory),
        "dy 1",
    ),
)
RESHAPED_BACK = joining(
    "reshape({0}, n × h·d_v)",
    joined_in_memory,
    "reshape({1}, h × n × d_v)",
    lambda h, g: g.reshape(h.shape),
)
OVERWRITTEN = joining(
    N_("the last head of {0}, then zeros"),
    lambda h: widened(h[-1], h.shape[-1] * len(h)),
    N_("{1}'s first columns in the last head, else 0"),
    lambda h, g: np.stack([*np.zeros_like(h[1:]), g[:, : h.shape[-1]]]),
)


def triple(place: int, columns: str) -> Wrong:
    """Return one third of each head's block, where Q, K and V stand side by side and are cut into blocks."""

    def function(*args: Array) -> Array:
        *parts, heads = args
        need(len({part.shape for part in parts}) == 1)
        blocks = np.concatenate(parts, axis=-1).reshape(len(parts[0]), int(heads), 3, -1)
        return blocks[:, :, place].swapaxes(0, 1)

    def path(of: int) -> Callable[[Array], Array]:
        def back(g: Array) -> Array:
            heads, n, width = g.shape
            blocks = np.zeros((n, heads, 3, width), g.dtype)
            blocks[:, :, place] = g.swapaxes(0, 1)
            return blocks.reshape(n, 3, -1)[:, of]

        return back

    texts = [f"{{0}} → {columns}: {name}" for name in "QKV"]
    paths = [Wrong(text, path(i)) for i, text in enumerate(texts)]
    return Wrong(
        f"split([{{0}} {{1}} {{2}}])[{columns}]",
        function,
        back=lambda _, dy, *args: [Gradient(args[i], op, (dy,)) for i, op in enumerate(paths)],
    )


TRIPLES = {
    "Qh": triple(0, "1 … d_k"),
    "Kh": triple(1, "d_k+1 … 2·d_k"),
    "Vh": triple(2, "2·d_k+1 … 3·d_k"),
}


def triples(right: Row) -> Op | None:
    """Return the third that a row would be."""
    return TRIPLES.get(right.symbol)


# What the heads do


def by_token(matrix: Array) -> Array:
    """Put the tokens before the heads, or back."""
    return matrix.swapaxes(0, 1)


def among(weights: Array, v: Array) -> Array:
    """Let the heads of each token be mixed by weights that it has for them."""
    need(weights.shape == (v.shape[1], v.shape[0], v.shape[0]))
    return by_token(weights @ by_token(v))


def compared(q: Array, k: Array) -> Array:
    """Compare the heads of each token with one another."""
    need(q.shape == k.shape)
    return by_token(q) @ by_token(k).mT


AMONG: Wrong = Wrong(
    N_("{0}·{1} among the heads of each token"),
    among,
    back=lambda _, dy, a, v: [Gradient(a, COMPARED, (dy, v)), Gradient(v, AMONG, (transpose(a), dy))],
)
COMPARED: Wrong = Wrong(
    N_("{0}·{1}ᵀ among the heads of each token"),
    compared,
    back=lambda _, dy, q, k: [Gradient(q, AMONG, (dy, k)), Gradient(k, AMONG, (transpose(dy), q))],
)


def own_value(a: Array, v: Array) -> Array:
    """Let each token keep its own value, in the measure of all its weights."""
    need(a.shape[-2] == v.shape[-2])
    return along_rows(a) * v


OWN_VALUE = Wrong(
    "rowsum({0})∘{1}",
    own_value,
    back=lambda _, dy, a, v: [
        Gradient(
            a,
            Wrong(
                N_("rowsum({1}∘{2}) in every column"), lambda a, g, v: np.zeros_like(a) + along_rows(g * v)
            ),
            (a, dy, v),
        ),
        Gradient(v, Wrong("rowsum({0})∘{1}", lambda a, g: along_rows(a) * g), (a, dy)),
    ],
)


def to_first_row(a: Array, g: Array, v: Array) -> Array:
    """Return the gradient of values of which only the first was used."""
    first = np.zeros_like(v)
    first[..., 0, :] = (along_rows(a) * g).sum(axis=-2)
    return first


FIRST_ROW = Wrong(
    N_("{0}·(row 1 of {1} in every row)"),
    lambda a, v: a @ np.repeat(v[..., :1, :], v.shape[-2], axis=-2),
    back=lambda _, dy, a, v: [
        Gradient(
            a,
            Wrong(
                N_("{1}·(row 1 of {2} in every row)ᵀ"),
                lambda a, g, v: np.zeros_like(a) + g @ v[..., :1, :].mT,
            ),
            (a, dy, v),
        ),
        Gradient(v, Wrong(N_("colsum(rowsum({0})∘{1}) in row 1, else 0"), to_first_row), (a, dy, v)),
    ],
)


def to_first_values(a: Array, g: Array, v: Array) -> Array:
    """Return the gradient of values of which only the first ones were used."""
    used = np.zeros_like(v)
    used[..., : a.shape[-1], :] = a.mT @ g
    return used


FIRST_VALUES = Wrong(
    N_("{0}·(the first n rows of {1})"),
    lambda a, v: a @ v[..., : a.shape[-2], :],
    back=lambda _, dy, a, v: [
        Gradient(
            a,
            Wrong(N_("{0}·(the first n rows of {1})ᵀ"), lambda g, v: g @ v[..., : g.shape[-2], :].mT),
            (dy, v),
        ),
        Gradient(v, Wrong(N_("{0}ᵀ·{1}, then rows of zeros"), to_first_values), (a, dy, v)),
    ],
)


def shrunk(right: Row) -> tuple[Op, ...]:
    """Multiply the output by the chance of being kept, for each chance that is likely."""
    return tuple(times(1 - p, f"{1 - p:g}·{{}}".format, f"{1 - p:g}·{{}}")(right) for p in CHANCES)


# Output


def weighed(
    text: str, bias_text: str, product: Callable[[int], float], bias: Callable[[int], float]
) -> Wrong:
    """Return C·Wo + bo with the product or the bias multiplied by something that is made of h."""
    part = Wrong(text, lambda a, b, h: product(h) * (a @ b))
    sums = Wrong(lambda g, _h: bias_text.format(COLSUM.text(g)), lambda g, h: bias(h) * COLSUM.value(g))

    def back(_: str, dy: str, c: str, wo: str, *rest: str) -> Iterable[Gradient]:
        *bo, h = rest
        yield Gradient(c, part, (dy, transpose(wo), h))
        yield Gradient(wo, part, (transpose(c), dy, h))
        yield from (Gradient(b, sums, (dy, h)) for b in bo)

    def function(c: Array, wo: Array, *rest: Array) -> Array:
        *bo, h = rest
        return part.value(c, wo, h) + sum(bias(int(h)) * b for b in bo)

    return Wrong(
        lambda c, wo, *rest: " + ".join([text.format(c, wo), *map(bias_text.format, rest[:-1])]),
        function,
        back=back,
    )


AVERAGED_OUTPUT = weighed("{0}·{1}/h", "{0}", lambda h: 1 / h, lambda _h: 1)
BIAS_PER_HEAD = weighed("{0}·{1}", "h·{0}", lambda _h: 1, lambda h: h)


def products(h: Array, wo: Array) -> Array:
    """Multiply each head by its block of rows of Wo."""
    blocks = wo.reshape(len(h), h.shape[-1], -1)
    return h @ blocks


def largest(h: Array, wo: Array) -> Array:
    """Tell, for each head, in which cells its product is the largest."""
    best = products(h, wo).argmax(axis=0)
    return np.stack([best == i for i in range(len(h))])


def largest_text(h: str, wo: str, *bias: str) -> str:
    """Write what is taken of the heads."""
    return " + ".join([f"max({h}ᵢ·{wo}ᵢ)", *bias])


MAXIMUM = Wrong(
    largest_text,
    lambda h, wo, *bias: products(h, wo).max(axis=0) + sum(bias),
    back=lambda _, dy, h, wo, *bias: [
        Gradient(
            h,
            Wrong(
                N_("{2}·{1}ᵢᵀ where head i is the largest"),
                lambda h, wo, g: (g * largest(h, wo)) @ wo.reshape(len(h), h.shape[-1], -1).mT,
            ),
            (h, wo, dy),
        ),
        Gradient(
            wo,
            Wrong(
                N_("{0}ᵢᵀ·{2} where head i is the largest"),
                lambda h, wo, g: (h.mT @ (g * largest(h, wo))).reshape(wo.shape),
            ),
            (h, wo, dy),
        ),
        *(Gradient(b, COLSUM, (dy,)) for b in bias),
    ],
)


def with_residual(right: Row) -> Op | None:
    """Add the embeddings to the output."""
    op = right.op

    def function(*args: Array) -> Array:
        *own, x = args
        value = op.value(*own)
        need(value.shape == x.shape)
        return value + x

    def back(y: str, dy: str, *args: str) -> Iterable[Gradient]:
        yield from op.gradients(y, dy, *args[:-1])
        yield Gradient(args[-1], COPY, (dy,))

    added = Wrong(lambda *args: f"{op.text(*args[:-1])} + {args[-1]}", function, back=back)
    return added if right.symbol == "O" else None
