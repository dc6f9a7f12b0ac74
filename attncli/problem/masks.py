"""The ``mask`` key: false, true, a word, a padding list, matrices, sums, or a list of these."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from attncli.mask import Mask
from attncli.problem.document import Leaf, Mapping, Node, Scalar, Sequence
from attncli.problem.matrices import read_literal
from attncli.problem.report import did_you_mean
from attncli.problem.settings import FALSE, TRUE
from attncli.tokens import places

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from attncli.ops.op import Array
    from attncli.problem.report import Report

WORDS = ("false", "true", "causal", "causal-bottom-right")
_HOW = (
    "write true, causal, causal-bottom-right, {padding: [words]}, {add: matrix}, a 0/1 matrix,"
    " or a list of these"
)


@dataclass
class MaskReader:
    """Gathers the parts of a mask over n query and m key tokens."""

    n: int
    m: int
    heads: int
    tokens: tuple[str, ...]
    folder: Path
    report: Report
    masked: bool = False
    causal: int | None = None
    hidden: NDArray[np.bool_] | None = None
    matrix: NDArray[np.bool_] | None = None
    added: Array | None = None
    parts: int = field(default=0)

    def mask(self) -> Mask:
        """Return all the parts together."""
        return Mask(self.causal, self.hidden, self.matrix)

    def read(self, node: Node) -> None:
        """Read one mask, or a list of them."""
        match node:
            case Scalar():
                self.word(node)
            case Mapping() if "file" in node.pairs or "init" in node.pairs:
                self.zero_one(node)
            case Mapping():
                self.mapping(node)
            case Sequence() if is_list_of_masks(node):
                for item in node.items:
                    self.read(item)
            case _:
                self.zero_one(node)

    def word(self, node: Scalar) -> None:
        """Read false, true, causal or causal-bottom-right."""
        text = node.text.strip().lower()
        if node.null or text in FALSE:
            return
        offsets = {"causal": 0, "causal-bottom-right": self.m - self.n} | dict.fromkeys(TRUE, 0)
        if text not in offsets:
            self.report.error(node, f"mask is {node.text[:40]!r}", did_you_mean(node.text, WORDS, _HOW))
            return
        self.masked = True
        self.causal = offsets[text] if self.causal is None else min(self.causal, offsets[text])

    def mapping(self, node: Mapping) -> None:
        """Read {padding: …} or {add: …}."""
        for key, (key_node, value) in node.pairs.items():
            if key == "padding":
                self.padding(value)
            elif key == "add":
                self.add(value)
            else:
                self.report.error(
                    key_node, f"a mask has no key {key!r}", did_you_mean(key, ("padding", "add"), _HOW)
                )
        if not node.pairs:
            self.report.error(node, "this mask is empty", _HOW)

    def padding(self, node: Node) -> None:
        """Read the words to hide, or a list of m numbers, 1 = hidden."""
        if isinstance(node, Leaf):
            flat = np.ravel(node.array).tolist()
            node = Sequence(node.source, items=[Scalar(node.source, text=str(item)) for item in flat])
        items = node.items if isinstance(node, Sequence) else [node]
        words = [item.text if isinstance(item, Scalar) else "" for item in items]
        flags = {"0": False, "1": True, "false": False, "true": True, "0.0": False, "1.0": True}
        hidden = np.zeros(self.m, bool)
        if (
            words
            and all(word.lower() in flags for word in words)
            and not all(places(self.tokens, word) for word in words)
        ):
            if len(words) != self.m:
                self.report.error(
                    node,
                    f"padding has {len(words)} numbers; there are {self.m} key tokens",
                    "one a token, 1 = hidden",
                )
                return
            hidden[:] = [flags[word.lower()] for word in words]
        else:
            for item, word in zip(items, words, strict=True):
                found = places(self.tokens, word)
                if not found:
                    self.report.error(
                        item,
                        f"padding hides {word[:40]!r}, which is not a token",
                        did_you_mean(word, self.tokens, "the tokens are " + ", ".join(self.tokens[:12])),
                    )
                hidden[found] = True
        self.masked = True
        self.hidden = hidden if self.hidden is None else self.hidden | hidden

    def zero_one(self, node: Node) -> None:
        """Read a matrix of 0 and 1, or a list of h of them, 1 = may look."""
        values = self.sized(as_zero_one(node), "mask")
        if values is None:
            return
        if not np.isin(values, (0, 1)).all():
            bad = values[~np.isin(values, (0, 1))].flat[0]
            self.report.error(
                node,
                f"mask holds {bad:g}; a mask matrix holds 0 and 1, 1 = may look",
                "to add numbers to the scores: {add: matrix}",
            )
            return
        self.keep(values == 1)

    def add(self, node: Node) -> None:
        """Read the matrix that is added to the scores; −∞ in it hides."""
        values = self.sized(node, "mask.add", minus_infinity=True)
        if values is None:
            return
        hides = np.isneginf(values)
        if hides.any():
            self.keep(~hides)
        values[hides] = 0.0
        self.masked = True
        self.added = values if self.added is None else self.added + values

    def keep(self, allowed: NDArray[np.bool_]) -> None:
        """Apply one more matrix."""
        self.masked = True
        self.matrix = allowed if self.matrix is None else self.matrix & allowed

    def sized(self, node: Node, name: str, *, minus_infinity: bool = False) -> Array | None:
        """Read a matrix that must be n × m, or h × n × m."""
        values = read_literal(node, name, self.folder, self.report, minus_infinity=minus_infinity)
        if values is None:
            return None
        if values.shape == (1, self.n, self.m):
            values = values[0]
        if values.shape in {(self.n, self.m), (self.heads, self.n, self.m)}:
            return values
        found = " × ".join(map(str, values.shape)) or "one number"
        self.report.error(
            node,
            f"{name} is {found}; the scores are {self.n} × {self.m}: a row a query, a column a key",
            f"or write a list of {self.heads} such matrices, one a head"
            if self.heads > 1
            else "give it that size",
        )
        return None


def is_list_of_masks(node: Sequence) -> bool:
    """Tell a list of masks from a matrix: some item is a word, a mapping or a matrix beside them."""
    return any(
        isinstance(item, Mapping | Leaf)
        or (isinstance(item, Scalar) and item.text.strip().lower() in {*WORDS, *TRUE, *FALSE})
        or (isinstance(item, Scalar) and not item.null and any(char.isalpha() for char in item.text))
        for item in node.items
    )


def as_zero_one(node: Node) -> Node:
    """Let true and false stand for 1 and 0 inside a matrix."""
    if isinstance(node, Sequence):
        return Sequence(
            node.source, node.line, node.column, node.length, [as_zero_one(item) for item in node.items]
        )
    if isinstance(node, Scalar) and node.text.lower() in {"true", "false"}:
        return Scalar(node.source, node.line, node.column, node.length, str(int(node.text.lower() == "true")))
    return node
