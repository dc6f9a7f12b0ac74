"""What each symbol of the page means, in a few words."""

from __future__ import annotations

from attncli.language import N_, _

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


def meaning(symbol: str, heads: int) -> str:
    """Say what a symbol stands for; a gradient is ∂L/∂ its symbol. "" where there is nothing to say."""
    if symbol == "H" and heads == 1:
        return _("the weighted values")
    found = _(MEANINGS.get(symbol, ""))
    if found:
        return found
    if not symbol.startswith("d"):
        return ""
    of, _underscore, path = symbol.removeprefix("d").partition("_")
    return _("∂L/∂{of}, the path through {path}", of=of, path=path) if path else f"∂L/∂{of}"
