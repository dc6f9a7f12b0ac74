"""The ``sentence`` and ``tokens`` keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.language import _
from attncli.problem.document import Leaf, Scalar, Sequence, kind

if TYPE_CHECKING:
    from attncli.problem.dimensions import Dimensions
    from attncli.problem.document import Mapping, Node
    from attncli.report import Report


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
            _(
                "{sentence} and {tokens} are both there",
                sentence=f"{prefix}sentence",
                tokens=f"{prefix}tokens",
            ),
            _("tokens is the sentence cut into words: keep one"),
        )
    if tokens is not None:
        name, node, words = f"{prefix}tokens", tokens, token_words(tokens, prefix, report)
    elif sentence is not None:
        name, node, words = f"{prefix}sentence", sentence, sentence_words(sentence, prefix, report)
    else:
        return None
    if not words:
        if words is not None:
            report.error(node, _("{name} holds no words", name=name), _("at least one token is needed"))
        return None
    what = name if tokens is not None else _("the {name}", name=name)
    dims.bind(what, node, (letter,), (len(words),), ("words" if node is sentence else "tokens",))
    return tuple(words)


def sentence_words(node: Node, prefix: str, report: Report) -> list[str] | None:
    """Cut a sentence at its spaces."""
    if isinstance(node, Scalar):
        return node.text.split()
    message = _("{name} is {found}; expected text", name=f"{prefix}sentence", found=kind(node))
    report.error(node, message, _("for a list of words write tokens: [Death, is, like]"))
    return None


def token_words(node: Node, prefix: str, report: Report) -> list[str] | None:
    """Read a list of words, each as it was written."""
    if isinstance(node, Leaf) and node.array.ndim == 1:
        return [str(item) for item in node.array.tolist()]
    if not isinstance(node, Sequence):
        message = _("{name} is {found}; expected a list of words", name=f"{prefix}tokens", found=kind(node))
        report.error(node, message, _("write tokens: [Death, is, like], or sentence: Death is like"))
        return None
    words = []
    for i, item in enumerate(node.items, 1):
        word = item.text if isinstance(item, Scalar) else ""
        if not word.strip():
            found = _("blank") if isinstance(item, Scalar) else kind(item)
            message = _("{name} is {found}; expected a word", name=f"{prefix}tokens[{i}]", found=found)
            report.error(item, message, _("every token is a word; put odd ones between quotes"))
        words.append(word)
    return words
