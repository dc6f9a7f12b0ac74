"""The lesson: the rows of an attention calculation, from the embeddings to the loss.

Row vectors: one token is one row. n query tokens, m key tokens (m = n in self-attention), h heads.
The formulas are those of Vaswani et al., "Attention Is All You Need" (2017), section 3.2.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from attncli.ops.cross_entropy import BCE, CE, DISTRIBUTION, SIGMOID
from attncli.ops.heads import CONCAT, SPLIT
from attncli.ops.linear import AFFINE, DIVIDE, MATMUL, MULTIPLY
from attncli.ops.loss import MSE, TOTAL, WEIGHTED
from attncli.ops.softmax import MASK_OUT, SOFTMAX
from attncli.page.page import Row

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

EMBEDDINGS = ("X", "E", "Ev")
# Read by rows, but not learned or asked for: so are numbers.
COUNTS = ("N", "N_Y")  # what a mean divides by; the second where a line is called N
CONSTANTS = frozenset({"h", "√d_k", "c", "mask", "B", *COUNTS, "ε", "base"})


def is_constant(symbol: str) -> bool:
    """Whether what a row reads is a number or a rule and no matrix of the page."""
    return symbol in CONSTANTS or is_number(symbol)


def is_number(symbol: str) -> bool:
    """Whether what a row reads is a number that stands in the formula itself."""
    return symbol[0] in "−.0123456789"


def literal(symbol: str) -> float:
    """Return the number that is written so in a formula, a whole one whole."""
    above, slash, below = symbol.replace("−", "-").partition("/")
    if slash:
        return float(above) / float(below)
    return int(above) if above.removeprefix("-").isdecimal() else float(above)


class Form(NamedTuple):
    """Which formulas a problem has; the numbers are the problem's own.

    ``scale`` is the symbol that the scores are divided or multiplied by: "√d_k", "c" or "". ``lines`` are
    written in the config, and stand in the place of the lesson's of the same symbol.
    """

    heads: int = 1
    context: bool = False
    context_values: bool = False
    biases: frozenset[str] = frozenset()
    scale: str = "√d_k"
    masked: bool = False
    mask_added: bool = False
    output_weights: bool = False
    lines: tuple[Row, ...] = ()
    output: str = "O"


def attention_rows(form: Form) -> list[Row]:
    """Write the forward rows: projections, scores, weights, output."""
    keys_from = "E" if form.context else "X"
    values_from = "Ev" if form.context_values else keys_from
    rows = [
        project(form, "Q", "X", "Wq"),  # n × h·d_k
        project(form, "K", keys_from, "Wk"),  # m × h·d_k
        project(form, "V", values_from, "Wv"),  # m × h·d_v
    ]
    q, k, v = "Q", "K", "V"
    if form.heads > 1:
        rows += [Row(f"{symbol}h", SPLIT, (symbol, "h")) for symbol in (q, k, v)]  # h × n × d_k …
        q, k, v = "Qh", "Kh", "Vh"

    rows.append(Row("S", MATMUL, (q, f"{k}ᵀ")))  # (h ×) n × m
    scores = "S"
    if form.scale:
        rows.append(Row("Z", DIVIDE if form.scale == "√d_k" else MULTIPLY, (scores, form.scale)))
        scores = "Z"
    if form.masked:
        added = ("B",) if form.mask_added else ()
        rows.append(Row("M", MASK_OUT, (scores, "mask", *added)))
        scores = "M"
    rows.append(Row("A", SOFTMAX, (scores,)))

    last_is_heads = form.heads == 1 and not form.output_weights
    rows.append(Row("O" if last_is_heads else "H", MATMUL, ("A", v)))  # (h ×) n × d_v
    if form.heads > 1:
        rows.append(Row("C" if form.output_weights else "O", CONCAT, ("H", "h")))  # n × h·d_v
    if form.output_weights:
        rows.append(project(form, "O", "C" if form.heads > 1 else "H", "Wo"))  # n × d_out
    return rows


def project(form: Form, symbol: str, of: str, weight: str) -> Row:
    """Write a product with a weight matrix, and its bias where there is one."""
    bias = weight.replace("W", "b")
    if bias in form.biases:
        return Row(symbol, AFFINE, (of, weight, bias))
    return Row(symbol, MATMUL, (of, weight))


def count_of(symbols: Collection[str]) -> str:
    """Return the symbol of what a mean divides by, on a page that computes these."""
    return COUNTS[COUNTS[0] in symbols]


def loss_rows(loss: str, form: Form, *, mean: bool) -> list[Row]:
    """Write the rows from the output to the loss: "bce", "ce", "mse", "sum" or "upstream"."""
    output = form.output
    n = (count_of([line.symbol for line in form.lines]),) if mean else ()
    match loss:
        case "bce":
            return [Row("P", SIGMOID, (output,)), Row("L", BCE, ("P", "Y", output, *n))]
        case "ce":
            return [Row("P", DISTRIBUTION, (output,)), Row("L", CE, ("P", "Y", output, *n))]
        case "mse":
            return [Row("L", MSE, (output, "Y", *n))]
        case "sum":
            return [Row("L", TOTAL, (output, *n))]
        case _:
            return [Row("L", WEIGHTED, ("U", output))]


def in_order(lesson: Sequence[Row], lines: Sequence[Row], given: Collection[str] = ()) -> list[Row]:
    """Put written lines among the lesson's rows, in the place of those of the same symbol.

    The next row is the lesson's first that is ready, else the first written one; rows in a circle never
    are, and are left out.
    """
    own = {line.symbol: line for line in lines}
    first = [own.pop(row.symbol, row) for row in lesson if row.symbol not in given]
    rows = [*first, *own.values()]
    place = {row.symbol: i for i, row in enumerate(rows)}
    waits = [place.keys() & dict(row.reads).keys() for row in rows]
    readers: dict[str, list[int]] = {symbol: [] for symbol in place}
    for i, symbols in enumerate(waits):
        for symbol in symbols:
            readers[symbol].append(i)
    ready = [i for i, symbols in enumerate(waits) if not symbols]
    ordered = []
    while ready:
        row = rows[heappop(ready)]
        ordered.append(row)
        for i in readers[row.symbol]:
            waits[i].discard(row.symbol)
            if not waits[i]:
                heappush(ready, i)
    return ordered
