"""What each symbol of the page means, in a few words."""

from __future__ import annotations

MEANINGS = {
    "X": "embeddings",
    "E": "the context's embeddings",
    "Ev": "the context's embeddings for V",
    "Wq": "query weights",
    "Wk": "key weights",
    "Wv": "value weights",
    "Wo": "output weights",
    "bq": "query bias",
    "bk": "key bias",
    "bv": "value bias",
    "bo": "output bias",
    "Q": "queries",
    "K": "keys",
    "V": "values",
    "Qh": "queries of each head",
    "Kh": "keys of each head",
    "Vh": "values of each head",
    "S": "scores: each query with each key",
    "Z": "scaled scores",
    "B": "added to the scores",
    "M": "scores, -∞ where a token may not look",
    "A": "attention weights: each row sums to 1",
    "H": "what each head brings back",
    "C": "the heads side by side",
    "O": "output",
    "P": "probabilities",
    "Y": "target",
    "U": "the gradient from outside",
    "L": "loss",
}


def meaning(symbol: str, heads: int) -> str:
    """Say what a symbol stands for; a gradient is ∂L/∂ its symbol. "" where there is nothing to say."""
    if symbol == "H" and heads == 1:
        return "the weighted values"
    if symbol in MEANINGS:
        return MEANINGS[symbol]
    if not symbol.startswith("d"):
        return ""
    of, _, path = symbol.removeprefix("d").partition("_")
    return f"∂L/∂{of}, the path through {path}" if path else f"∂L/∂{of}"
