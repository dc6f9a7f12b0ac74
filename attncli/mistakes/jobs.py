"""The job that a quantity has on the page, wherever it stands and whatever it is called.

A job is named after the symbol that does it in the lesson: H is A·V and O is C·Wo. On a page of one's own it
follows from the operation: a sum with what it was made from is a ``residual``. Pages may have several
attentions, each with queries, keys and weights of its own.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from attncli.ops.cells import GELU, GELU_TANH, RELU, SILU, SLOPES, SOFTCAP, TANH
from attncli.ops.heads import CONCAT, REPEAT, SPLIT, SUM_SHARED
from attncli.ops.linear import ADD, COLSUM, DIVIDE, MULTIPLY, MatMul
from attncli.ops.norms import BACK, FACTOR, LAYERNORM, RMSNORM
from attncli.ops.op import TRANSPOSED
from attncli.ops.positions import ALIBI, POSITIONS, ROPE, ROPE_BACK, ROPE_PAIRS, ROPE_PAIRS_BACK
from attncli.ops.softmax import KEEP_ALLOWED, SINK_GRADIENT, SOFTMAX, SOFTMAX_GRADIENT, SOFTMAX_SINK, MaskOut
from attncli.page.attention import EMBEDDINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from attncli.ops.op import Op
    from attncli.page.page import Page, Row

STREAM = {ADD, LAYERNORM, RMSNORM}
SCALES = {DIVIDE, MULTIPLY}
SOFTMAXES = {SOFTMAX, SOFTMAX_SINK}
BY_OPERATION: dict[Op, str] = {
    CONCAT: "C",
    REPEAT: "repeat",
    SOFTCAP: "softcap",
    ALIBI: "alibi",
    POSITIONS: "positions",
    LAYERNORM: "layernorm",
    RMSNORM: "rmsnorm",
    **dict.fromkeys((ROPE, ROPE_PAIRS), "rope"),
    **dict.fromkeys((RELU, GELU, GELU_TANH, SILU, TANH), "bend"),
}
BACKWARD_BY_OPERATION: dict[Op, str] = {
    SOFTMAX_GRADIENT: "db",
    KEEP_ALLOWED: "dm",
    SPLIT: "dh",
    SUM_SHARED: "dshared",
    SINK_GRADIENT: "dsink",
    **dict.fromkeys((ROPE_BACK, ROPE_PAIRS_BACK), "drope"),
    **dict.fromkeys(BACK.values(), "dnorm"),
    **dict.fromkeys(FACTOR.values(), "dfactor"),
    **dict.fromkeys(SLOPES.values(), "dbend"),
}
WEIGHTS = ("Wq", "Wk", "Wv")
BACK_THROUGH = tuple(f"{weight}{TRANSPOSED}" for weight in WEIGHTS)
BIAS_GRADIENTS = {"dbq", "dbk", "dbv", "dbo"}


class Attention:
    """What one attention of the page is made of, by the word that an entry has for it; "" for what is not."""

    def __init__(self, page: Page, weights: str) -> None:
        self.page = page
        rows = page.row
        forward = [row for row in page.rows if not row.backward]
        self.a = weights
        b = rows[weights].args[0] if weights in rows else ""
        self.masked = rows[b] if b in rows and isinstance(rows[b].op, MaskOut) else None
        z, *mask = self.masked.args if self.masked else (b,)
        down = [*self.below(z)]
        scores = next((row for row in down if isinstance(row.op, MatMul)), None)
        scale = next((row for row in down if row.op in SCALES), None)
        capped = next((row for row in down[:1] if row.op is SOFTCAP), None)
        self.scores = scores.symbol if scores else "S"
        self.scale = scale.symbol if scale else "Z"
        self.q, self.k = (
            [arg.removesuffix(TRANSPOSED) for arg in scores.args[:2]]
            if scores
            else [f"{name}h" if f"{name}h" in rows else name for name in "QK"]
        )
        product = next((row for row in forward if row.args[0] == weights), None)
        self.v = product.args[1] if product and product.args[1:] else "Vh" if "Vh" in rows else "V"
        av = product.symbol if product else ""
        concats = [row for row in forward if row.op is CONCAT]
        joined = next((row.symbol for row in (*(row for row in concats if row.args[0] == av), *concats)), av)
        self.ends = joined
        queries = [*self.below(self.q)]
        turned = [row.op for row in queries if row.op in {ROPE, ROPE_PAIRS}]
        values_turned = any(row.op in turned for row in self.below(self.v))
        project = next((row for row in queries if isinstance(row.op, MatMul)), None)
        self.x = project.args[0] if project else "X"
        heads = any(row.op is SPLIT and row.args[1] != "1" for row in queries)
        self.words = {
            "a": weights,
            "q": self.q,
            "k": self.k,
            "v": self.v,
            "b": b,
            "z": z,
            "free": "" if mask else b,
            "s": scale.args[0] if scale and scale.symbol == z else "",
            "ds": f"d{self.scores}",
            "divisor": scale.args[1] if scale and scale.op is DIVIDE else "",
            "factor": scale.args[1] if scale and scale.op is MULTIPLY else "",
            "cap": capped.args[1] if capped and mask else "",
            "mask": "".join(mask[:1]),
            "added": "".join(mask[1:]),
            "av": av,
            "dc": f"d{joined}",
            "heads": "h" if heads else "",
            "onehead": "" if heads else self.q,
            "halves": "base" if ROPE in turned and not values_turned else "",
            "pairs": "base" if ROPE_PAIRS in turned and not values_turned else "",
            "x": self.x,
        }

    def below(self, symbol: str) -> Iterator[Row]:
        """Walk down to the givens by way of what each quantity is made of first, up to the first product."""
        row = self.page.row.get(symbol)
        while row is not None:
            yield row
            row = None if isinstance(row.op, MatMul) else self.page.row.get(row.reads[0][0])


class Jobs:
    """A page's attentions, and the job of each of its rows."""

    def __init__(self, page: Page) -> None:
        self.page = page
        forward = [row for row in page.rows if not row.backward]
        read = {row.args[0] for row in forward if isinstance(row.op, MatMul)}
        weights = [row.symbol for row in forward if row.op in SOFTMAXES and row.symbol in read]
        self.attentions = [Attention(page, symbol) for symbol in weights or ["A"]]
        loss = next((row for row in forward if row.symbol == "L"), None)
        self.output = next((arg for arg in loss.args if arg in page.row and arg != "P"), "O") if loss else "O"

    @cached_property
    def made_from(self) -> Mapping[str, frozenset[str]]:
        """For each forward row, every symbol that it depends on."""
        found: dict[str, frozenset[str]] = {}
        for row in self.page.rows:
            if not row.backward:
                read = [symbol for symbol, _ in row.reads]
                found[row.symbol] = frozenset(read).union(*(found.get(symbol, ()) for symbol in read))
        return found

    @cached_property
    def belongs(self) -> Mapping[str, Attention]:
        """For each symbol before the last attention, that attention for which it was worked out first."""
        found: dict[str, Attention] = {}
        for one in self.attentions:
            for symbol in (one.ends, *self.made_from.get(one.ends, ())):
                found.setdefault(symbol, one)
        return found

    def around(self, row: Row) -> Attention:
        """Return the attention that a row is of, or is the gradient of; the first where it is of none."""
        if len(self.attentions) == 1:
            return self.attentions[0]
        return self.belongs.get(row.of or row.symbol, self.attentions[0])

    def skipped(self, row: Row) -> list[str]:
        """Return what a sum takes from before what it is added to: the residual; or the positions."""
        behind = [self.made_from.get(other, frozenset()) for other in row.args]
        return self.positions(row) or [arg for arg in row.args if any(arg in before for before in behind)]

    def positions(self, row: Row) -> list[str]:
        """Return the positions that a sum adds: sinusoidal ones, or a given beside the embeddings."""
        rows = self.page.row
        learned = [arg for arg in row.args if arg not in rows and arg not in EMBEDDINGS]
        sinusoidal = [arg for arg in row.args if arg in rows and rows[arg].op is POSITIONS]
        return sinusoidal or (learned if any(arg in EMBEDDINGS for arg in row.args) else [])

    def stream(self, row: Row) -> list[str]:
        """Return what might be taken for what a sum skips to: embeddings, sums and norms before or at it."""
        skipped = self.skipped(row)
        before = self.made_from[row.symbol] - {*row.args}
        rows = [one for one in self.page.rows if one.symbol in before and one.op in STREAM]
        return (
            []
            if len(skipped) != 1
            else [*(one for one in EMBEDDINGS if one in before), *(one.symbol for one in rows)]
        )

    def behind(self, symbol: str) -> list[str]:
        """Return the product that reads a quantity first."""
        rows = (row for row in self.page.rows if not row.backward)
        return [row.symbol for row in rows if isinstance(row.op, MatMul) and row.args[0] == symbol][:1]

    def job(self, row: Row) -> str:
        """Tell what a row does, in one word, or several with ``|`` between; "" where nobody errs.

        ``dq``, ``dk`` and ``dv`` are gradients of what the heads read, ``db`` is one behind the softmax,
        ``dm`` one behind the mask, ``dC`` that of what Wo was multiplied by, ``dh`` that of the heads, cut
        out of it, ``path`` one way back to the embeddings, ``dX`` the sum of them, ``dsum`` any such sum.
        """
        return self.backward(row) if row.backward else self.forward(row)

    def forward(self, row: Row) -> str:  # noqa: PLR0911 - one a job
        """Tell what a forward row does."""
        own = self.around(row)
        op = row.op
        if op in BY_OPERATION:
            return BY_OPERATION[op]
        if row.args[0] == own.a:
            return "H"
        if "Wo" in row.args:
            return "O"
        if op is ADD:
            return "positioned" if self.positions(row) else "residual" if self.skipped(row) else ""
        if isinstance(op, MaskOut):
            return "M"
        if op in SOFTMAXES:
            return "A" if op is SOFTMAX else "A|sink"
        if op in SCALES:
            return "Z" if row.symbol == own.scale else ""
        if isinstance(op, MatMul):
            weight = row.args[1]
            return (
                "S"
                if row.symbol == own.scores
                else weight[1].upper()
                if weight in WEIGHTS
                else row.symbol
                if row.symbol in {"Q", "K", "V"}
                else "product"
            )
        return row.symbol if row.symbol in {"Qh", "Kh", "Vh", "P", "L"} and row.args[0] != "U" else ""

    def backward(self, row: Row) -> str:  # noqa: PLR0911 - one a job
        """Tell what a gradient does."""
        own = self.around(row)
        op, of = row.op, row.of
        if op in BACKWARD_BY_OPERATION:
            return BACKWARD_BY_OPERATION[op]
        if row.args[-1] in BACK_THROUGH:
            return "path"
        if row.args[-1] == f"Wo{TRANSPOSED}":
            return "dC"
        if of == self.output:
            return "dO" if row.args[0] in {"P", of} else ""
        if op is ADD:
            return "dX|dsum" if of in EMBEDDINGS or of == own.x else "dsum"
        if of == own.scores:
            return "dS" if op in SCALES else ""
        if of in WEIGHTS:
            return "dW"
        if isinstance(op, MatMul):
            jobs = {own.a: "dA", own.q: "dq", own.k: "dk", own.v: "dv", "Wo": "dWo"}
            return jobs.get(of, "" if of in self.page.row else "dweight")
        if op is COLSUM:
            return row.symbol if row.symbol in BIAS_GRADIENTS else "dbias"
        return row.symbol if op is CONCAT else ""
