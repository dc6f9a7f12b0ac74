"""The lesson: the rows of an attention calculation, from the embeddings to the loss.

Row vectors: one token is one row. n query tokens, m key tokens (m = n in self-attention), h heads.
The formulas are those of Vaswani et al., "Attention Is All You Need" (2017), section 3.2.
"""

from __future__ import annotations

from typing import NamedTuple

from attncli.ops.cross_entropy import BCE, CE, DISTRIBUTION, SIGMOID
from attncli.ops.heads import CONCAT, SPLIT
from attncli.ops.linear import AFFINE, DIVIDE, MATMUL, MULTIPLY
from attncli.ops.loss import MSE, TOTAL, WEIGHTED
from attncli.ops.softmax import MASK_OUT, SOFTMAX
from attncli.page.page import Row

EMBEDDINGS = ("X", "E", "Ev")
CONSTANTS = frozenset({"h", "√d_k", "c", "mask", "B", "N"})  # read by rows, but not learned or asked for


class Form(NamedTuple):
    """Which formulas a problem has; the numbers are the problem's own.

    ``scale`` is the symbol that the scores are divided or multiplied by: "√d_k", "c" or "".
    """

    heads: int = 1
    context: bool = False
    context_values: bool = False
    biases: frozenset[str] = frozenset()
    scale: str = "√d_k"
    masked: bool = False
    mask_added: bool = False
    output_weights: bool = False


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


def loss_rows(loss: str, *, mean: bool) -> list[Row]:
    """Write the rows from the output to the loss: "bce", "ce", "mse", "sum" or "upstream"."""
    n = ("N",) if mean else ()
    match loss:
        case "bce":
            return [Row("P", SIGMOID, ("O",)), Row("L", BCE, ("P", "Y", "O", *n))]
        case "ce":
            return [Row("P", DISTRIBUTION, ("O",)), Row("L", CE, ("P", "Y", "O", *n))]
        case "mse":
            return [Row("L", MSE, ("O", "Y", *n))]
        case "sum":
            return [Row("L", TOTAL, ("O", *n))]
        case _:
            return [Row("L", WEIGHTED, ("U", "O"))]
