"""Each quantity of the page in words: what it is, and why it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.language import N_, _

if TYPE_CHECKING:
    from attncli.page.page import Row

LESSONS: dict[str, tuple[str, str]] = {
    "X": (
        N_("The embeddings: one row of numbers a token."),
        N_("Arithmetic needs numbers. Tokens with like rows are treated alike."),
    ),
    "E": (
        N_("The context's embeddings: one row of numbers a context token."),
        N_("In cross-attention the tokens that ask and the tokens that are looked at are different ones."),
    ),
    "Ev": (
        N_("Other embeddings of the context, from which only V is made."),
        N_("What a token is found by and what it hands over may be described by different numbers."),
    ),
    "Wq": (
        N_("The query weights, which turn an embedding into a question."),
        N_("They are learned: training moves them against their gradient dWq."),
    ),
    "Wk": (
        N_("The key weights, which turn an embedding into the label that questions are compared with."),
        N_("They are learned, and apart from Wq, so that looking need not be mutual."),
    ),
    "Wv": (
        N_("The value weights, which turn an embedding into what a token hands over when it is looked at."),
        N_("They are learned, and apart from Wk: what a token is found by is not what it has to say."),
    ),
    "Wo": (
        N_("The output weights, which mix what the heads bring back into one output."),
        N_("Without them no head could make use of what another has found."),
    ),
    "bq": (
        N_("The query bias, added to every row of X·Wq."),
        N_("It shifts every question in the same way."),
    ),
    "bk": (
        N_("The key bias, added to every row of X·Wk."),
        N_("It adds one number to a whole row of scores, which softmax does not notice: its gradient is 0."),
    ),
    "bv": (
        N_("The value bias, added to every row of X·Wv."),
        N_("It shifts what every token hands over in the same way."),
    ),
    "bo": (
        N_("The output bias, added to every row of the output."),
        N_("It lets the output be other than 0 where all else is."),
    ),
    "Q": (
        N_("The queries: one row a token, the question that it asks of every other."),
        N_("A query is compared with every key."),
    ),
    "K": (
        N_("The keys: one row a token, the label that it is found by."),
        N_("A key that points the way of a query gets a high score."),
    ),
    "V": (
        N_("The values: one row a token, what it hands over when it is looked at."),
        N_("The output is a mix of these rows."),
    ),
    "Qh": (
        N_("The queries cut into heads: head i has the i-th block of columns."),
        N_("Each head asks a question of its own."),
    ),
    "Kh": (
        N_("The keys cut into heads: head i has the i-th block of columns."),
        N_("Each head compares with labels of its own."),
    ),
    "Vh": (
        N_("The values cut into heads: head i has the i-th block of columns."),
        N_("Each head brings back something of its own."),
    ),
    "S": (
        N_("The scores: row i, column j is the dot product of query i with key j."),
        N_("The dot product is large where the two point the same way: token i should look at token j."),
    ),
    "Z": (
        N_("The scores, scaled."),
        N_(
            "A dot product of d_k terms spreads by about √d_k. Dividing by it keeps the scores small enough"
            " that softmax does not put nearly all weight on one token, where its gradient would vanish."
        ),
    ),
    "B": (
        N_("A matrix that is added to the scores."),
        N_("It can favour some places, or hide them with −∞."),
    ),
    "M": (
        N_("The scores after the mask: −∞ where a token may not look."),
        N_("e^(−∞) is 0, so a masked token gets no weight at all, and the other weights still sum to 1."),
    ),
    "A": (
        N_("The attention weights: row i says how token i divides its attention."),
        N_("Softmax makes any numbers positive and lets each row sum to 1, and it can be differentiated."),
    ),
    "H": (
        N_("What each token brings back: the rows of V, mixed by its row of weights."),
        N_("A token that is looked at much gives much of its value."),
    ),
    "C": (
        N_("The heads' results side by side: head i has the i-th block of columns."),
        N_("Wo then mixes them."),
    ),
    "O": (N_("The output: one row a token."), N_("It is what the next layer of a network would go on with.")),
    "P": (N_("The output turned into probabilities."), N_("The loss compares them with the target.")),
    "Y": (N_("The target: what the output should have been."), N_("The loss measures how far it is off.")),
    "U": (
        N_("The gradient that arrives from outside."),
        N_("With it attention can be a layer inside a larger network."),
    ),
    "L": (
        N_("The loss: one number, the smaller the better."),
        N_("Every gradient tells how it would change."),
    ),
}

RULES: dict[str, str] = {
    "MatMul": N_(
        "For a product Y = A·B the chain rule gives dA = dY·Bᵀ and dB = Aᵀ·dY:"
        " the shapes leave no other choice."
    ),
    "ColSum": N_("A bias went into every row alike, so its gradient is the sum over the rows."),
    "Scale": N_("What divides or multiplies a quantity does the same to its gradient."),
    "Split": N_(
        "Cutting into heads moves numbers without changing them; the gradient is cut in the same way."
    ),
    "Concat": N_(
        "Cutting into heads moved numbers without changing them;"
        " going back puts the heads side by side again."
    ),
    "KeepAllowed": N_("A masked score is −∞ whatever it was, so no gradient goes back through it."),
    "SoftmaxGradient": N_(
        "Each weight depends on every score of its row: ∂a_i/∂z_k is a_i(1 − a_i) where i = k and"
        " −a_i·a_k elsewhere (*). Summed over i with dA this is A∘(dA − rowsum(A∘dA))."
    ),
    "Add": N_("The quantity was used on several ways, so the gradients of all these ways are added up."),
    "OutputMinusTarget": N_("The derivative of the activation cancels what dP is divided by; P − Y is left."),
    "BinaryCrossEntropyByP": N_("The derivative of −[y·ln p + (1−y)·ln(1−p)] by p is (p−y)/(p(1−p))."),
    "CrossEntropyByP": N_("The derivative of −y·ln p by p is −y/p."),
    "SquaredErrorGradient": N_("The derivative of (o−y)² by o is 2(o−y)."),
    "Ones": N_("Every cell of the output goes into the sum with the factor 1."),
    "Copy": N_("The gradient is given from outside."),
}

MEANINGS = {
    "X": N_("embeddings"),
    "E": N_("the context's embeddings"),
    "Ev": N_("the context's embeddings for V"),
    "Wq": N_("query weights"),
    "Wk": N_("key weights"),
    "Wv": N_("value weights"),
    "Wo": N_("output weights"),
    "bq": N_("query bias"),
    "bk": N_("key bias"),
    "bv": N_("value bias"),
    "bo": N_("output bias"),
    "Q": N_("queries"),
    "K": N_("keys"),
    "V": N_("values"),
    "Qh": N_("queries of each head"),
    "Kh": N_("keys of each head"),
    "Vh": N_("values of each head"),
    "S": N_("scores: each query with each key"),
    "Z": N_("scaled scores"),
    "B": N_("added to the scores"),
    "M": N_("scores, -∞ where a token may not look"),
    "A": N_("attention weights: each row sums to 1"),
    "H": N_("what each head brings back"),
    "C": N_("the heads side by side"),
    "O": N_("output"),
    "P": N_("probabilities"),
    "Y": N_("target"),
    "U": N_("the gradient from outside"),
    "L": N_("loss"),
}


def meaning(symbol: str, heads: int, row: Row | None = None) -> str:
    """Say what a symbol stands for; a gradient is ∂L/∂ its symbol. "" where there is nothing to say."""
    if symbol == "H" and heads == 1:
        return _("the weighted values")
    found = _(MEANINGS.get(symbol, ""))
    if found:
        return found
    if row is None or not row.backward:
        return ""
    if row.via:
        return _("∂L/∂{of}, the path through {path}", of=row.of, path=row.via)
    return f"∂L/∂{row.of}"
