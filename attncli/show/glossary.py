"""Each quantity of the page in words: its caption, what it is, and why it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attncli.language import N_, _

if TYPE_CHECKING:
    from attncli.page.page import Row
    from attncli.result import Result


ROW_SUM_TOLERANCE = 1e-9
MOST_NAMED = 6


class Entry(NamedTuple):
    """A caption of a few words, and two sentences."""

    caption: str
    what: str
    why: str


GLOSSARY = {
    "X": Entry(
        N_("embeddings"),
        N_("The embeddings: one row of numbers per token."),
        N_("Arithmetic needs numbers. Tokens with similar rows are treated alike."),
    ),
    "E": Entry(
        N_("the context's embeddings"),
        N_("The context's embeddings: one row of numbers per context token."),
        N_("In cross-attention, the tokens that ask are not the tokens that are attended to."),
    ),
    "Ev": Entry(
        N_("the context's embeddings for V"),
        N_("A second set of context embeddings, used only for V."),
        N_("What a token is matched by and what it contributes may come from different numbers."),
    ),
    "Wq": Entry(
        N_("query weights"),
        N_("The query weights, which turn an embedding into a query."),
        N_("They are learned: training moves them against their gradient dWq."),
    ),
    "Wk": Entry(
        N_("key weights"),
        N_("The key weights, which turn an embedding into a key: what queries are compared with."),
        N_("They are learned separately from Wq, so attention need not be mutual."),
    ),
    "Wv": Entry(
        N_("value weights"),
        N_("The value weights, which turn an embedding into what a token contributes when attended to."),
        N_("They are learned separately from Wk: what a token is matched by is not what it has to say."),
    ),
    "Wo": Entry(
        N_("output weights"),
        N_("The output weights, which mix the outputs of the heads into one."),
        N_("Without them no head could use what another head has found."),
    ),
    "bq": Entry(
        N_("query bias"),
        N_("The query bias, added to every row of X·Wq."),
        N_("It shifts every query by the same amount."),
    ),
    "bk": Entry(
        N_("key bias"),
        N_("The key bias, added to every row of X·Wk."),
        N_("It adds the same number to every score in a row, which softmax cannot see: its gradient is 0."),
    ),
    "bv": Entry(
        N_("value bias"),
        N_("The value bias, added to every row of X·Wv."),
        N_("It shifts what every token contributes by the same amount."),
    ),
    "bo": Entry(
        N_("output bias"),
        N_("The output bias, added to every row of the output."),
        N_("It lets the output differ from 0 even where everything else is 0."),
    ),
    "Q": Entry(
        N_("queries"),
        N_("The queries: one row per token, the question that it asks of every token."),
        N_("Each query is compared with every key."),
    ),
    "K": Entry(
        N_("keys"),
        N_("The keys: one row per token, what queries are compared with."),
        N_("A key that points the same way as a query gets a high score."),
    ),
    "V": Entry(
        N_("values"),
        N_("The values: one row per token, what it contributes when it is attended to."),
        N_("The output is a weighted mix of these rows."),
    ),
    "Qh": Entry(
        N_("queries of each head"),
        N_("The queries split into heads: head i has the i-th block of columns."),
        N_("Each head asks a question of its own."),
    ),
    "Kh": Entry(
        N_("keys of each head"),
        N_("The keys split into heads: head i has the i-th block of columns."),
        N_("Each head compares with keys of its own."),
    ),
    "Vh": Entry(
        N_("values of each head"),
        N_("The values split into heads: head i has the i-th block of columns."),
        N_("Each head returns something of its own."),
    ),
    "S": Entry(
        N_("scores"),
        N_("The scores: row i, column j is the dot product of query i and key j."),
        N_("The dot product is large where the two point the same way: token i should attend to token j."),
    ),
    "Z": Entry(
        N_("scaled scores"),
        N_("The scaled scores."),
        N_(
            "A dot product of d_k terms has a spread of about √d_k. Dividing by it keeps the scores small"
            " enough that softmax does not put nearly all weight on one token, where its gradient would"
            " vanish."
        ),
    ),
    "B": Entry(
        N_("added to the scores"),
        N_("A matrix that is added to the scores."),
        N_("It can favour some positions, or hide them with −∞."),
    ),
    "M": Entry(
        N_("masked scores"),
        N_("The masked scores: −∞ where a token may not look."),
        N_("e^(−∞) is 0, so a masked token gets no weight; the others share all of it."),
    ),
    "A": Entry(
        N_("attention weights"),
        N_("The attention weights: row i says how token i divides its attention."),
        N_("Softmax makes shares of any numbers, all positive, and it is differentiable."),
    ),
    "H": Entry(
        N_("output of each head"),
        N_("The weighted values: for each token, the rows of V mixed by its attention weights."),
        N_("A token with a large weight contributes much of its value."),
    ),
    "C": Entry(
        N_("the heads side by side"),
        N_("The outputs of the heads side by side: head i has the i-th block of columns."),
        N_("Wo then mixes them."),
    ),
    "O": Entry(
        N_("output"),
        N_("The output: one row per token."),
        N_("It is what the next layer of a network works on."),
    ),
    "P": Entry(
        N_("probabilities"),
        N_("The output turned into probabilities."),
        N_("The loss compares them with the target."),
    ),
    "Y": Entry(
        N_("target"),
        N_("The target: what the output should have been."),
        N_("The loss measures how far off it is."),
    ),
    "U": Entry(
        N_("gradient from outside"),
        N_("The gradient that arrives from outside."),
        N_("With it, attention can be one layer of a larger network."),
    ),
    "L": Entry(
        N_("loss"),
        N_("The loss: one number, the smaller the better."),
        N_("Every gradient says how it would change."),
    ),
}

# Where a gradient comes from, by the class of its row's op.
RULES = {
    "MatMul": N_(
        "For a product F·G with the gradient D, the chain rule gives D·Gᵀ for F and Fᵀ·D for G:"
        " the shapes allow nothing else."
    ),
    "ColSum": N_("A bias is added to every row, so its gradient is the sum over the rows."),
    "Scale": N_("What divides or multiplies a quantity does the same to its gradient."),
    "Split": N_("Splitting into heads moves numbers without changing them: the gradient is split likewise."),
    "Concat": N_(
        "Splitting into heads moved numbers without changing them:"
        " on the way back the heads are put side by side again."
    ),
    "KeepAllowed": N_("A masked score is −∞ whatever it was, so no gradient flows back through it."),
    "SoftmaxGradient": N_(
        "Each weight depends on every score of its row: ∂a_i/∂z_k is a_i(1 − a_i) where i = k and"
        " −a_i·a_k elsewhere (*). Summed over i with dA this is A∘(dA − rowsum(A∘dA))."
    ),
    "Add": N_("The quantity is used in several places: its gradient is the sum over all of these paths."),
    "OutputMinusTarget": N_("The derivative of the activation cancels the denominator of dP: P − Y is left."),
    "BinaryCrossEntropyByP": N_("The derivative of −[y·ln p + (1−y)·ln(1−p)] by p is (p−y)/(p(1−p))."),
    "CrossEntropyByP": N_("The derivative of −y·ln p by p is −y/p."),
    "SquaredErrorGradient": N_("The derivative of (o−y)² by o is 2(o−y)."),
    "Ones": N_("Every cell of the output enters the sum with factor 1."),
    "Copy": N_("The gradient is given from outside."),
}


def meaning(symbol: str, heads: int, row: Row | None = None) -> str:
    """Say what a symbol stands for; a gradient is ∂L/∂ its symbol. "" where there is nothing to say."""
    if symbol == "H" and heads == 1:
        return _("weighted values")
    if symbol in GLOSSARY:
        return _(GLOSSARY[symbol].caption)
    if row is None or not row.backward:
        return ""
    if row.via:
        return _("∂L/∂{of}, the path through {path}", of=row.of, path=row.via)
    return f"∂L/∂{row.of}"


def row_sums(result: Result) -> str:
    """Say what the rows of the weights sum to: 1, but not where they are given or all is masked."""
    tokens, blind = result.problem.tokens, result.blind_tokens
    if blind:
        more = ", …" if len(blind) > MOST_NAMED else ""
        named = ", ".join(tokens[i] for i in blind[:MOST_NAMED]) + more
        return _("A row in which all is masked is all 0: {tokens}. The others sum to 1.", tokens=named)
    if "A" in result.page.row:
        return _("Each row sums to 1, but for rounding.") if result.rounding else _("Each row sums to 1.")
    sums = result["A"].sum(axis=-1)
    odd = np.argwhere(np.abs(sums - 1) > ROW_SUM_TOLERANCE).tolist()
    if not odd:
        return _("Each row sums to 1.")
    *head, i = odd[0]
    name = tokens[i] + "".join(f" ({_('head {number}', number=number + 1)})" for number in head)
    total = sums[tuple(odd[0])]
    return _(
        "They are given, and are not shares: the row of {row} sums to {total:.6g}.", row=name, total=total
    )
