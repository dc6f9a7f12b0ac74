"""Each quantity of the page in words: its caption, what it is, and why it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.language import N_, _
from attncli.ops.softmax import SoftmaxSink
from attncli.page.attention import Form, attention_rows
from attncli.page.lying import upright_page
from attncli.show.purposes import Entry, purpose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attncli.page.page import Page, Row
    from attncli.problem.problem import Problem
    from attncli.result import Result


ROW_SUM_TOLERANCE = 1e-9
MOST_NAMED = 6


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

# Where a gradient comes from, by the class of its row's op, or of the function whose derivative it has.
RULES = {
    "MatMul": N_(
        "For a product F·G with the gradient D, the chain rule gives D·Gᵀ for F and Fᵀ·D for G:"
        " the shapes allow nothing else."
    ),
    "ColSum": N_("A bias is added to every row, so its gradient is the sum over the rows."),
    "NegativeColSum": N_("A vector is taken from every row, so its gradient is minus the sum over the rows."),
    "NegativeOf": N_("What is subtracted has the gradient of the difference with the other sign."),
    "Hadamard": N_("In a product cell by cell, the derivative by one factor is the other."),
    "HadamardVector": N_("Every row was multiplied by the vector, and so is its gradient."),
    "Scale": N_("What divides or multiplies a quantity does the same to its gradient."),
    "Split": N_("Splitting into heads moves numbers without changing them: the gradient is split likewise."),
    "Concat": N_(
        "Splitting into heads moved numbers without changing them:"
        " on the way back the heads are put side by side again."
    ),
    "KeepAllowed": N_("A masked score is −∞ whatever it was, so no gradient flows back through it."),
    "SumShared": N_("A head that several queries' heads share has the sum of their gradients."),
    "SumAllowed": N_("The matrix is added in every head, so its gradient is the sum over the heads."),
    "SinkGradient": N_(
        "A larger sink takes from every weight of its rows: ∂a_i/∂s is −a_s·a_i, where a_s is its share."
        " Summed over i with dA, and over the rows, this is −Σ a_s·rowsum(A∘dA)."
    ),
    "SoftmaxGradient": N_(
        "Each weight depends on every score of its row: ∂a_i/∂z_k is a_i(1 − a_i) where i = k and"
        " −a_i·a_k elsewhere (*). Summed over i with dA this is A∘(dA − rowsum(A∘dA))."
    ),
    "LayerNormGradient": N_(
        "Each number of a row moves the row's mean and variance too, so what arrives loses two parts:"
        " its mean, and its part along x̂, which is x̂ times the mean of what arrives times x̂."
        " What is left is divided by the same root as x̂."
    ),
    "RMSNormGradient": N_(
        "Each number of a row moves the row's mean square too, so what arrives loses its part along x̂,"
        " which is x̂ times the mean of what arrives times x̂. What is left is divided by the same root as x̂."
    ),
    "NormalisedFactorGradient": N_(
        "γ multiplies x̂ in every row, so its gradient is the sum over the rows of what arrives times x̂."
    ),
    "L2NormGradient": N_(
        "The row keeps the length 1 whatever happens, so what arrives loses its part along the row;"
        " what is left is divided by the length that the row had."
    ),
    "RowShareGradient": N_(
        "Each share depends on its whole row by way of the sum s: the derivative of share i by number k is"
        " (1 − share i)/s where i = k and −(share i)/s elsewhere."
    ),
    "Rope": N_("Each pair of columns was turned by an angle: its gradient is turned back by the same angle."),
    "Add": N_("The quantity is used in several places: its gradient is the sum over all of these paths."),
    "OutputMinusTarget": N_("The derivative of the activation cancels the denominator of dP: P − Y is left."),
    "BinaryCrossEntropyByP": N_("The derivative of −[y·ln p + (1−y)·ln(1−p)] by p is (p−y)/(p(1−p))."),
    "CrossEntropyByP": N_("The derivative of −y·ln p by p is −y/p."),
    "SquaredErrorGradient": N_("The derivative of (o−y)² by o is 2(o−y)."),
    "Ones": N_("Every cell of the output enters the sum with factor 1."),
    "Copy": N_("What is added goes into the sum as it is: its gradient is the sum's."),
    "Given": N_("The gradient is given from outside."),
    "Logistic": N_("The derivative of σ(x) is σ(x)(1 − σ(x))."),
    "Tanh": N_("The derivative of tanh(x) is 1 − tanh²(x)."),
    "Softcap": N_(
        "The derivative of c·tanh(x/c) is 1 − tanh²(x/c): close to 1 for small scores, and close to 0 for"
        " those that the cap holds back."
    ),
    "Relu": N_("The derivative of relu is 1 where x > 0, and 0 elsewhere, also at x = 0."),
    "Silu": N_("silu(x) is x·σ(x), and its derivative by the product rule σ(x)(1 + x(1 − σ(x)))."),
    "Gelu": N_(
        "gelu(x) is x·Φ(x), and its derivative by the product rule Φ(x) + x·φ(x), where"
        " Φ(x) = (1 + erf(x/√2))/2 and φ(x) = e^(−x²/2)/√(2π)."
    ),
    "GeluTanh": N_(
        "gelu_tanh(x) is x(1 + tanh(t))/2 with t = √(2/π)(x + 0.044715x³); its derivative is that of a"
        " product, where t has the derivative u = √(2/π)(1 + 0.134145x²)."
    ),
}


def rule(row: Row) -> str:
    """Say where a gradient comes from; "" where there is nothing to say."""
    op = row.op.upright
    name = type(getattr(op, "function", op)).__name__
    return _(RULES.get("Given" if row.args == ("U",) else name, ""))


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


def caption(symbol: str, page: Page, problem: Problem) -> str:
    """Say what a symbol of a problem's page stands for; "" where there is nothing to say."""
    form, page = problem.form, upright_page(page) if problem.lying else page
    row = page.row.get(symbol)
    said = meaning(symbol, form.heads, row)
    if not form.lines:
        return said
    if symbol == "O" != form.output:
        return _("output of the attention")
    own = None if said else purpose(symbol, page, problem)
    said = own.caption if own else said
    return f"{_('output')}: {said}" if said and symbol == form.output != "O" else said


def sentences(symbol: str, page: Page, problem: Problem) -> Iterator[str]:
    """Say what a forward quantity is, and why it is there."""
    page = upright_page(page) if problem.lying else page
    row, entry = page.row.get(symbol), GLOSSARY.get(symbol)
    own = purpose(symbol, page, problem) if problem.form.lines else None
    if symbol == "O" != problem.form.output:
        yield _("The output of the attention: what each token has gathered from those that it looked at.")
    elif entry and (own is None or row is None or as_in_the_lesson(row)):
        yield from map(_, entry[1:])
    elif own:
        yield from ([_(entry.what)] if entry else []) + [text for text in own[1:] if text]
    if problem.mask and problem.mask.window and row and "mask" in row.args:
        yield _(
            "The window lets a token see only those that are near: what a text costs grows with its length,"
            " and not with its square."
        )


def as_in_the_lesson(row: Row) -> bool:
    """Whether a quantity is worked out by the operation that it has in the lesson."""
    every = Form(heads=2, masked=True, output_weights=True)
    return any(
        other.symbol == row.symbol and isinstance(row.op, type(other.op))
        for form in (every, Form())
        for other in attention_rows(form)
    )


def row_sums(result: Result) -> str:
    """Say what the rows of the weights sum to: 1, but not where they are given or all is masked."""
    if "A" in result.page.row and isinstance(result.page.row["A"].op.upright, SoftmaxSink):
        return result.words(_("Each row sums to 1 together with the share of its sink."))
    tokens, blind = result.problem.tokens, result.blind_tokens
    if blind:
        more = ", …" if len(blind) > MOST_NAMED else ""
        named = ", ".join(tokens[i] for i in blind[:MOST_NAMED]) + more
        said = result.words(_("A row in which all is masked is all 0: {tokens}. The others sum to 1."))
        return said.format(tokens=named)
    if "A" in result.page.row:
        said = _("Each row sums to 1, but for rounding.") if result.rounding else _("Each row sums to 1.")
        return result.words(said)
    sums = result.turn(result["A"]).sum(axis=-1)
    odd = np.argwhere(np.abs(sums - 1) > ROW_SUM_TOLERANCE).tolist()
    if not odd:
        return result.words(_("Each row sums to 1."))
    *head, i = odd[0]
    name = tokens[i] + "".join(f" ({_('head {number}', number=number + 1)})" for number in head)
    total = sums[tuple(odd[0])]
    said = _("They are given, and are not shares: the row of {row} sums to {total:.6g}.")
    return result.words(said).format(row=name, total=total)
