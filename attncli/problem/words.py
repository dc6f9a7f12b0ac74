"""The ``sentence`` and ``tokens`` keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.problem.nodes import Leaf, Scalar, Sequence, kind

if TYPE_CHECKING:
    from attncli.problem.dimensions import Dimensions
    from attncli.problem.nodes import Mapping, Node
    from attncli.problem.report import Report


def numbered(count: int) -> tuple[str, ...]:
    """Name tokens that have no names."""
    return tuple(str(i) for i in range(1, count + 1))


def read_tokens(
    holder: Mapping, prefix: str, letter: str, dims: Dimensions, report: Report
) -> tuple[str, ...] | None:
    """Read ``sentence`` or ``tokens``; None where there is neither. ``prefix`` is "" or "context."."""
    sentence, tokens = holder.get("sentence"), holder.get("tokens")
    if sentence is not None and tokens is not None:
        report.error(
            tokens,
            f"{prefix}sentence and {prefix}tokens are both there",
            "tokens is the sentence cut into words: keep one",
        )
    if tokens is not None:
        name, node, words = f"{prefix}tokens", tokens, token_words(tokens, prefix, report)
    elif sentence is not None:
        name, node, words = f"{prefix}sentence", sentence, sentence_words(sentence, prefix, report)
    else:
        return None
    if not words:
        if words is not None:
            report.error(node, f"{name} holds no words", "at least one token is needed")
        return None
    what = name if tokens is not None else f"the {name}"
    dims.bind(what, node, (letter,), (len(words),), ("words" if node is sentence else "tokens",))
    return tuple(words)


def sentence_words(node: Node, prefix: str, report: Report) -> list[str] | None:
    """Cut a sentence at its spaces."""
    if isinstance(node, Scalar):
        return node.text.split()
    hint = "for a list of words write tokens: [Death, is, like]"
    report.error(node, f"{prefix}sentence is {kind(node)}; expected text", hint)
    return None


def token_words(node: Node, prefix: str, report: Report) -> list[str] | None:
    """Read a list of words, each as it was written."""
    if isinstance(node, Leaf) and node.array.ndim == 1:
        return [str(item) for item in node.array.tolist()]
    if not isinstance(node, Sequence):
        hint = "write tokens: [Death, is, like], or sentence: Death is like"
        report.error(node, f"{prefix}tokens is {kind(node)}; expected a list of words", hint)
        return None
    words = []
    for i, item in enumerate(node.items, 1):
        word = item.text if isinstance(item, Scalar) else ""
        if not word.strip():
            found = "blank" if isinstance(item, Scalar) else kind(item)
            hint = "every token is a word; put odd ones between quotes"
            report.error(item, f"{prefix}tokens[{i}] is {found}; expected a word", hint)
        words.append(word)
    return words
