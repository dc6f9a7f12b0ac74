"""The ``sentence`` and ``tokens`` keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.problem.document import Leaf, Scalar, Sequence

if TYPE_CHECKING:
    from attncli.problem.dimensions import Dimensions
    from attncli.problem.document import Mapping, Node
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
    node = tokens or sentence
    if node is None:
        return None
    words = sentence_words(node, prefix, report) if node is sentence else token_words(node, prefix, report)
    if words == []:
        report.error(
            node,
            f"{prefix}{'sentence' if node is sentence else 'tokens'} holds no words",
            "at least one token is needed",
        )
    if not words:
        return None
    what, count = (
        (f"the {prefix.rstrip('.') or 'sentence'}", "words")
        if node is sentence
        else (f"{prefix}tokens", "tokens")
    )
    dims.bind(what, node, (letter,), (len(words),), (count,))
    return tuple(words)


def sentence_words(node: Node, prefix: str, report: Report) -> list[str] | None:
    """Cut a sentence at its spaces."""
    if isinstance(node, Scalar):
        return node.text.split()
    report.error(node, f"{prefix}sentence is not text", "for a list of words write tokens: [Death, is, like]")
    return None


def token_words(node: Node, prefix: str, report: Report) -> list[str] | None:
    """Read a list of words, each as it was written."""
    if isinstance(node, Leaf):
        return [str(item) for item in node.array.ravel()]
    if not isinstance(node, Sequence):
        report.error(
            node,
            f"{prefix}tokens is not a list",
            "write tokens: [Death, is, like], or sentence: Death is like",
        )
        return None
    words = []
    for i, item in enumerate(node.items, 1):
        word = item.text if isinstance(item, Scalar) else ""
        if not word:
            report.error(
                item,
                f"{prefix}tokens[{i}] is not a word",
                "every token is a word; put odd ones between quotes",
            )
        words.append(word or "?")
    return words
