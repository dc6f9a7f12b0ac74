"""The keys of a config, and the page's symbols that stand for some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attncli.problem.document import Mapping, Node, Scalar
from attncli.problem.report import did_you_mean, nearest

if TYPE_CHECKING:
    from attncli.problem.report import Report

WEIGHTS = ("Wq", "Wk", "Wv", "Wo")
BIASES = ("bq", "bk", "bv", "bo")
CONTEXT_KEYS = ("sentence", "tokens", "embeddings", "values")
KEYS = (
    *("sentence", "tokens", "embeddings", "heads", "mask", "weights", "scale", "context", "given"),
    *("target", "loss", "upstream", "reduction", "decimals"),
    *WEIGHTS,
    *BIASES,
)
SYMBOLS = {"X": "embeddings", "Y": "target", "U": "upstream"}
CONTEXT_SYMBOLS = {"E": "embeddings", "Ev": "values"}


def canonical(root: Node, report: Report) -> Mapping:
    """Return the document with every symbol under its key's name; unknown keys are noted.

    A key that is close to a known one is checked on as if it were that, so that one run tells of
    all that is wrong.
    """
    if not isinstance(root, Mapping):
        found = "a word" if isinstance(root, Scalar) else "a list"
        report.error(
            root,
            f"a config is a mapping of keys to values; this is {found}",
            "write sentence: …, embeddings: …, Wq: …",
        )
        report.raise_if_any()
        return Mapping(root.source)
    pairs: dict[str, tuple[Node, Node]] = {}
    context: dict[str, tuple[Node, Node]] = {}
    for key, (node, value) in root.pairs.items():
        name = SYMBOLS.get(key, key)
        if key in CONTEXT_SYMBOLS:
            context[CONTEXT_SYMBOLS[key]] = (node, value)
            continue
        if name not in KEYS:
            report.error(
                node, f"unknown key {key[:40]!r}", did_you_mean(key, KEYS, "the keys are " + ", ".join(KEYS))
            )
            name = nearest(key, KEYS) or ""
            if not name or name in root.pairs:
                continue
        if name in pairs:
            report.error(node, f"{key} and {name} are the same", "keep one of them")
        pairs[name] = (node, value)
    if context:
        node, held = pairs.get("context", (root, Mapping(root.source)))
        inner = held.pairs if isinstance(held, Mapping) else {}
        pairs["context"] = (
            node,
            Mapping(held.source, held.line, held.column, held.length, {**inner, **context}),
        )
    return Mapping(root.source, root.line, root.column, root.length, pairs)
