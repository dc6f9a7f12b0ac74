"""A quantity of a page of one's own in words: what its operation makes of what it reads, and why it is there.

Its symbol says nothing, for everyone chooses their own; so what is said is found by the class of its
operation, and of a given by that of the first row that reads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from attncli.language import N_, _
from attncli.page.attention import EMBEDDINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from attncli.page.page import Page, Row
    from attncli.problem.problem import Problem


class Entry(NamedTuple):
    """A caption of a few words, and two sentences: ``{of}`` is a quantity, ``{a}``, ``{b}`` what it reads."""

    caption: str
    what: str
    why: str

    def filled(self, row: Row) -> Entry:
        """Put the row's symbols in, in the active language."""
        names = dict(zip("ab", (*row.args, "", ""), strict=False)) | {"of": row.symbol}
        return Entry(*(_(text, **names) if text else "" for text in self))


SENTENCES = {
    "bend": N_(
        "Without a bend between them two products are only one: no network could do more than a single"
        " matrix."
    ),
    "set": N_(
        "Attention treats its rows as a set: by itself it could not tell the first word from the last."
    ),
    "steady": N_(
        "However large the numbers have grown, what comes next reads rows of one size: training stays steady."
    ),
    "sink": N_(
        "A head that finds nothing to look for can look at nothing. Without a sink it must look somewhere,"
        " and models learn to put that weight on the first word."
    ),
    "learned": N_("They are learned: training moves them against their gradient."),
    "activation": N_("activation of {a}"),
    "normalised": N_("{a}, normalised row by row"),
    "before": N_(
        "It stands before the layer, not behind the residual sum (pre-norm): the path through the sums has no"
        " norm on it, so that the gradient goes straight from the last layer to the first."
    ),
    "behind": N_(
        "It stands behind the residual sum (post-norm), as in the original paper; GPT and Llama normalise"
        " before each layer instead."
    ),
    "last": N_("The sums before it have no norm on them (pre-norm): one last norm brings them to one size."),
}
"""What several quantities have in common."""
PURPOSES = {
    # By the class of an operation.
    "Split": Entry(
        N_("{a} cut into heads"),
        N_("The columns of {a} cut into {b} blocks of equal width: a head each."),
        "",
    ),
    "Concat": Entry(
        N_("the heads of {a} side by side"),
        N_("The heads of {a} side by side: head i has the i-th block of columns."),
        "",
    ),
    "Repeat": Entry(
        N_("{a}, each head {b} times"),
        N_("Each head of {a}, {b} times in a row; then the next one."),
        N_("Several heads of queries share one head of keys and values, so fewer of these have to be kept."),
    ),
    "Softmax": Entry(
        N_("shares of each row of {a}"),
        N_("Each row of {a} turned into shares that sum to 1."),
        N_("Softmax makes shares of any numbers, all positive, and it is differentiable."),
    ),
    "SoftmaxSink": Entry(
        N_("shares of each row of {a}, less the sink's"),
        N_(
            "Softmax of each row of {a} with one more score in it, {b}, to which no value belongs: what a row"
            " is short of 1 went to this sink."
        ),
        SENTENCES["sink"],
    ),
    "MaskOut": Entry(N_("{a}, −∞ where masked"), N_("{a}, and −∞ where a token may not look."), ""),
    "MaskPlus": Entry(
        N_("{a} with {b} added, −∞ where masked"),
        N_("{a} with the learned matrix {b} added, and −∞ where a token may not look."),
        N_("A score may depend on where the words stand, and not only on what they are."),
    ),
    "LayerNorm": Entry(
        SENTENCES["normalised"],
        N_(
            "Each row of {a} less its mean, over its standard deviation √(variance + ε), so that it has mean"
            " 0 and variance 1. Then each column has its factor γ and its summand β, where these are given."
        ),
        SENTENCES["steady"],
    ),
    "RMSNorm": Entry(
        SENTENCES["normalised"],
        N_(
            "Each row of {a} over √(mean of its squares + ε). Then each column has its factor γ, where it is"
            " given. Unlike layernorm it leaves the mean where it is."
        ),
        SENTENCES["steady"],
    ),
    "L2Norm": Entry(
        N_("{a}, each row of length 1"),
        N_("Each row of {a} over its length, the root of the sum of its squares."),
        N_("Products of such rows are cosines: only directions count, and no score can grow large."),
    ),
    "RowShare": Entry(
        N_("{a}, each row over its sum"),
        N_("Each row of {a} over its sum, so that it sums to 1."),
        N_("It makes shares without any e^x: linear attention does this in place of softmax."),
    ),
    "Rope": Entry(
        N_("{a}, turned by place"),
        N_(
            "Each pair of columns of {a} turned by an angle: the place, counted from 0, times base^(−2i/d)"
            " for pair i of d columns."
        ),
        N_(
            "The product of two turned rows depends on how far they are apart: the scores know the order of"
            " the words. Turning changes no length."
        ),
    ),
    "Positions": Entry(
        N_("sines and cosines of the place"),
        N_(
            "Row i says that it is row i: the sine and the cosine of i, and beside them those of slower and"
            " slower turns. Nothing in it is learned."
        ),
        SENTENCES["set"],
    ),
    "Alibi": Entry(
        N_("{a}, less the farther away"),
        N_(
            "{a} plus slope·(key − query): a score loses the slope once for each place between. Head i of h"
            " has the slope 2^(−8i/h)."
        ),
        N_("The nearer, the better. It tells places apart without positions, also in longer texts."),
    ),
    "Softcap": Entry(
        N_("{a}, held between −{b} and {b}"),
        N_("{b}·tanh({a}/{b}) of each cell: small numbers hardly change, large ones never pass ±{b}."),
        N_("No score can grow so large that softmax sees one word only, where its gradient would vanish."),
    ),
    "Relu": Entry(
        N_("{a}, 0 where negative"),
        N_("The positive numbers of {a}, and 0 for the others."),
        SENTENCES["bend"],
    ),
    "Gelu": Entry(
        SENTENCES["activation"],
        N_(
            "x·Φ(x) of each cell x of {a}, Φ the normal distribution's: like relu, but smooth, and a little"
            " below 0 left of 0."
        ),
        SENTENCES["bend"],
    ),
    "GeluTanh": Entry(
        SENTENCES["activation"],
        N_("gelu of each cell of {a}, by the formula with tanh that GPT-2 uses for it."),
        SENTENCES["bend"],
    ),
    "Silu": Entry(
        SENTENCES["activation"],
        N_("x·σ(x) of each cell x of {a}: like relu, but smooth, and a little below 0 left of 0."),
        SENTENCES["bend"],
    ),
    "Tanh": Entry(
        SENTENCES["activation"], N_("tanh of each cell of {a}: between −1 and 1."), SENTENCES["bend"]
    ),
    "Logistic": Entry(
        SENTENCES["activation"], N_("σ of each cell of {a}: between 0 and 1."), SENTENCES["bend"]
    ),
    "Hadamard": Entry(
        N_("{a} times {b}, cell by cell"),
        N_("Each cell of {a} times the same cell of {b}."),
        N_("One of them opens or closes the other, cell by cell: a gate."),
    ),
    # Products and sums by what they are made of.
    "product": Entry(
        N_("{a} through the weights {b}"),
        N_("Each row of {a} by itself, times the weights {b}."),
        N_("Each column of the weights is one thing that is looked for in a row of {a}."),
    ),
    "residual": Entry(
        N_("{b} with {a} added back"),
        N_("What went in, {a}, added to what was made of it, {b}: a residual sum."),
        N_(
            "The layer only has to learn what it changes. And on the way back the gradient also passes"
            " through the sum as it is, however many layers there are."
        ),
    ),
    "placed": Entry(
        N_("{a} with positions added"),
        N_("{a} with numbers added to each row that tell its place."),
        SENTENCES["set"],
    ),
    "compared": Entry(
        N_("each row of {a} times each row of {b}"),
        N_("Row i, column j is the dot product of row i of {a} and row j of {b}."),
        N_("The dot product is large where the two point the same way."),
    ),
    "mixed": Entry(
        N_("rows of {b} mixed by {a}"),
        N_("For each token, the rows of {b} added up, each times its share in {a}."),
        N_("A row with a large share contributes much of what it has."),
    ),
    "classes": Entry(
        N_("a score for each class (logits)"),
        N_("The score of each class, one row a token. With a vocabulary a class is a word: the next one."),
        N_("Softmax makes probabilities of them, which the loss compares with the target."),
    ),
    # What a given is, by the operation that reads it and its place there.
    "weights": Entry(
        N_("weights of {of}"),
        N_("The weights of {of}: a row for each column of {a}, a column for each column of {of}."),
        SENTENCES["learned"],
    ),
    "bias": Entry(
        N_("bias of {of}"),
        N_("The bias of {of}: a number for each column, added to every row."),
        N_("It lets {of} differ from 0 even where {a} is 0."),
    ),
    "scale": Entry(
        N_("scale of the norm {of}"),
        N_("A factor for each column of {of}, behind the norm. It starts as 1."),
        N_("The norm makes all columns about equally large; training can change that back where it helps."),
    ),
    "shift": Entry(
        N_("shift of the norm {of}"),
        N_("A number for each column of {of}, added behind the norm. It starts as 0."),
        N_("The norm takes the mean away; training can give it back, column by column, where it helps."),
    ),
    "sink": Entry(
        N_("sink scores, one a head"),
        N_("One more score in each row, the same in all rows of a head, to which no value belongs."),
        SENTENCES["sink"],
    ),
    "places": Entry(
        N_("positions, learned"),
        N_("A row of numbers for each place, added to what stands there."),
        SENTENCES["set"],
    ),
    "added": Entry(
        N_("added to the scores"),
        N_("A matrix that is added to the scores. It is learned."),
        N_("A score may depend on where the words stand, and not only on what they are."),
    ),
}
SHARES = {"Softmax", "SoftmaxSink", "RowShare"}

NORMS = {"LayerNorm": ("", "", "scale", "shift"), "RMSNorm": ("", "", "scale")}
READ_AS = {
    **NORMS,
    "MatMul": ("", "weights"),
    "Affine": ("", "weights", "bias"),
    "AddVector": ("", "bias"),
    "SoftmaxSink": ("", "sink"),
    "MaskPlus": ("", "", "added"),
    "MaskPlusShared": ("", "", "added"),
}


def purpose(symbol: str, page: Page, problem: Problem) -> Entry | None:
    """Say what a quantity of one's own is and why it is there, in the active language; None: nothing."""
    row = page.row.get(symbol)
    if row is None:
        return purpose_of_given(symbol, page)
    name = kind(row)
    if name in {"MatMul", "Affine"}:
        return product_of(row, page, problem)
    if name == "Add":
        return sum_of(row, page)
    found = PURPOSES.get({"HadamardVector": "Hadamard", "MaskPlusShared": "MaskPlus"}.get(name, name))
    if found is None:
        return None
    if found is PURPOSES["MaskPlus"]:
        scores, _mask, added = row.args
        row = row_of(row, scores, added)
    entry = found.filled(row)
    if name in NORMS and (place := where_it_stands(row, page)):
        entry = entry._replace(why=f"{entry.why} {_(SENTENCES[place])}")
    return entry


def product_of(row: Row, page: Page, problem: Problem) -> Entry | None:
    """Say what a product is: scores of classes, rows compared, rows mixed, or rows times weights."""
    left = row.args[0]
    right, turned = row.reads[1]
    if row.symbol == problem.form.output and problem.loss == "ce":
        return PURPOSES["classes"].filled(row)
    if turned:
        return PURPOSES["compared"].filled(row_of(row, left, right))
    if right not in page.row:
        return PURPOSES["product"].filled(row)
    return PURPOSES["mixed"].filled(row) if left in page.row and kind(page.row[left]) in SHARES else None


def purpose_of_given(symbol: str, page: Page) -> Entry | None:
    """Say what a given is for, from the first row that reads it."""
    reader = next((row for row in page.rows if symbol in dict(row.reads)), None)
    if reader is None or reader.backward:
        return None
    place = [name for name, _turned in reader.reads].index(symbol)
    part = (*READ_AS.get(kind(reader), ()), *[""] * (place + 1))[place]
    if kind(reader) == "Add" and set(reader.args) & set(EMBEDDINGS):
        part = "places"
    return PURPOSES[part].filled(reader) if part else None


def sum_of(row: Row, page: Page) -> Entry | None:
    """Say what a sum of two is: a residual sum, where one of them was made of the other, or positions."""
    for old, new in residuals([row], page):
        return PURPOSES["residual"].filled(row_of(row, old, new))
    first, *others = row.args
    for old, new in ((first, others[0]), (others[0], first)) if len(others) == 1 else ():
        places = new not in page.row or kind(page.row[new]) == "Positions"
        if places and (old in EMBEDDINGS or new in page.row):
            return PURPOSES["placed"].filled(row_of(row, old, new))
    return None


def where_it_stands(norm: Row, page: Page) -> str:
    """Say whether a norm stands before its layer or behind a residual sum; "" where neither is so."""
    read = norm.args[0]
    if any(norm.symbol in made_of(new, page) for old, new in residuals(page.rows, page) if old == read):
        return "before"
    norms = {(row.args[0], row.symbol) for row in page.rows if kind(row) in NORMS}
    for old, new in residuals([page.row[read]] if read in page.row else [], page):
        inside = made_of(new, page)
        return "last" if any((old, name) in norms for name in inside) else "behind"
    return ""


def residuals(rows: Iterable[Row], page: Page) -> Iterator[tuple[str, str]]:
    """Yield what went into a layer, and what came out of it, of each sum of two such."""
    for row in rows:
        if not row.backward and kind(row) == "Add":
            first, *others = row.args
            pairs = ((first, others[0]), (others[0], first)) if len(others) == 1 else ()
            yield from ((old, new) for old, new in pairs if old in made_of(new, page))


def made_of(symbol: str, page: Page) -> set[str]:
    """Return all that a quantity was worked out from."""
    found: set[str] = set()
    waiting = [symbol]
    while waiting:
        row = page.row.get(waiting.pop())
        new = {name for name, _turned in row.reads} - found if row and not row.op.fixed else set()
        found |= new
        waiting += new
    return found


def row_of(row: Row, *args: str) -> Row:
    """Return a row with other arguments."""
    return type(row)(row.symbol, row.op, args)


def kind(row: Row) -> str:
    """Return the name of a row's operation."""
    return type(row.op).__name__
