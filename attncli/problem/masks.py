"""The ``mask`` key: false, true, a word, a padding list, a window, matrices, sums, or a list of these."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.language import N_, _
from attncli.names import positions
from attncli.ops.mask import Mask
from attncli.page.lying import turn, worded
from attncli.problem.dimensions import shape_text
from attncli.problem.document import Leaf, Mapping, Node, Scalar, Sequence, kind, nesting, node_at
from attncli.problem.keys import FALSE, TRUE
from attncli.problem.matrices import Drawn, read_matrix
from attncli.problem.numbers import as_number, unpasted, whole
from attncli.report import Report, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from attncli.ops.op import Array


WORDS = ("false", "true", "causal", "causal-bottom-right")
FLAGS = {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True}
MOST_FLAGS = 64  # as many as somebody may want to copy from a hint
MATRICES = 3  # how deep a list of matrices is nested
WIDEST = 10**9  # tokens on one side of a window, which may be longer than any sentence
_HOW = N_(
    "write true, causal, causal-bottom-right, {window: 3}, {padding: [words]}, {add: matrix}, a 0/1 matrix,"
    " or a list of these"
)


@dataclass(eq=False, repr=False)
class MaskReader:
    """Gathers the parts of a mask over n query and m key tokens.

    n and m are None where another error hides them: then only words and numbers are checked.
    ``tokens`` are the names of the keys, () where they have none; ``lying``: a matrix is m × n.
    """

    n: int | None
    m: int | None
    heads: int
    tokens: tuple[str, ...]
    folder: Path
    report: Report
    masked: bool = False
    lying: bool = False
    causal: int | None = None
    hidden: NDArray[np.bool_] | None = None
    matrix: NDArray[np.bool_] | None = None
    added: Array | None = None
    sides: tuple[int, int] | None = None
    bottom_right: bool = False

    @property
    def mask(self) -> Mask:
        """What was read; a window stands along the diagonal that a causal mask beside it ends in."""
        corner = self.corner if self.bottom_right else 0
        window = None if self.sides is None else (corner - self.sides[0], corner + self.sides[1])
        return Mask(self.causal, self.hidden, self.matrix, window)

    @property
    def corner(self) -> int:
        """How far the diagonal that ends in the bottom right corner is from that of the top left."""
        return (self.m or 0) - (self.n or 0)

    def read(self, node: Node) -> None:
        """Read one mask, or a list of them."""
        match node:
            case Scalar():
                self.word(node)
            case Mapping() if "file" not in node.pairs and "init" not in node.pairs:
                self.mapping(node)
            case Sequence() | Leaf() if flags := self.flat_flags(node):
                self.refuse_flags(node, flags)
            case Sequence() | Leaf() if self.is_list_of_masks(node):
                for item in parts(node):
                    self.read(item)
            case _:
                self.zero_one(node)

    def is_list_of_masks(self, node: Sequence | Leaf) -> bool:
        """Whether this is a list of masks, not a matrix or one matrix a head."""
        items, depth = parts(node), nesting(node)
        return (
            any(isinstance(item, Mapping) or is_word(item) for item in items)
            or depth > MATRICES
            or (depth == MATRICES and len(items) not in {1, self.heads})
        )

    def flat_flags(self, node: Node) -> list[bool]:
        """Read one row of truth values, or of 0 and 1, for several queries; [] where it is anything else.

        Words such as ``off`` are masks of their own: they are truth values only beside a true one.
        """
        rows = parts(node)
        if len(rows) == 1 and self.n != 1 and len(batch := parts(rows[0])) == self.m:
            rows = batch
        words = [item.text.lower() if isinstance(item, Scalar) else "" for item in rows]
        known = dict.fromkeys(TRUE, True) | dict.fromkeys(FALSE, False) | FLAGS
        flags = [known[word] for word in words if word in known]
        return flags if len(flags) == len(rows) and (any(flags) or set(words) <= FLAGS.keys()) else []

    def refuse_flags(self, node: Node, flags: list[bool]) -> None:
        """Refuse a flat list of truth values: a padding mask elsewhere, and 1 is read there in two ways."""
        hint = _("write {padding: …} with a 0 or a 1 for every key token, 1 = hidden")
        if len(flags) <= MOST_FLAGS:
            hint = _(
                "1 hides in {{padding: …}}: where your 1 means may look, as in Hugging Face, write {turned};"
                " where it hides, {same}",
                turned=padding_text(not flag for flag in flags),
                same=padding_text(flags),
            )
        self.refuse_size(node, "mask", _("a list of {count}", count=len(flags)), hint)

    def word(self, node: Scalar) -> None:
        """Read false, true, causal or causal-bottom-right, or a matrix that was pasted as text."""
        text = node.text.strip().lower()
        if node.null or text in FALSE:
            return
        offsets = {"causal": 0, "causal-bottom-right": self.corner} | dict.fromkeys(TRUE, 0)
        if text not in offsets:
            before = len(self.report.errors)
            rows = unpasted(node, "mask", self.report)
            if rows is not node:
                self.read(rows)
            if rows is not node or len(self.report.errors) > before:
                return
            message = _("mask is {found}", found=kind(node))
            self.report.error(node, message, did_you_mean(text, WORDS, _(_HOW)))
            return
        self.masked = True
        self.causal = offsets[text] if self.causal is None else min(self.causal, offsets[text])
        self.bottom_right |= text == "causal-bottom-right"

    def mapping(self, node: Mapping) -> None:
        """Read {padding: …}, {window: …} or {add: …}."""
        for key, (key_node, value) in node.pairs.items():
            if key == "padding":
                self.padding(value)
            elif key == "add":
                self.add(value)
            elif key == "window":
                self.window(value)
            else:
                hint = did_you_mean(key, ("padding", "add", "window"), _(_HOW))
                self.report.error(key_node, _("a mask has no key {key!r}", key=key[:40]), hint)
        if not node.pairs:
            self.report.error(node, _("this mask is empty"), _(_HOW))

    def window(self, node: Node) -> None:
        """Read how many tokens are seen, itself the last; or how many to the left and to the right of it."""
        pair = not isinstance(node, Scalar | Mapping)
        ends = parts(node) if pair else [node]
        if pair and len(ends) != 2:  # noqa: PLR2004 - left and right
            message = _("window is a list of {count}; expected one number, or two in a list", count=len(ends))
            hint = _(
                "write {window: 3} for the token itself and the two before it,"
                " or how many before and after it: {window: [2, 0]}"
            )
            self.report.error(node, message, hint)
            return
        numbers = [whole(end, "window", self.report, least=int(not pair), most=WIDEST) for end in ends]
        counted = [number for number in numbers if number is not None]
        if len(counted) < len(ends):
            return
        left, right = counted if pair else (counted[0] - 1, 0)
        self.masked = True
        before = self.sides or (left, right)
        self.sides = (min(before[0], left), min(before[1], right))

    def padding(self, node: Node) -> None:
        """Read the words to hide, or a list of m numbers, 1 = hidden."""
        items: list[Node] = [node] if isinstance(node, Scalar | Mapping) else parts(node)
        for item in items:
            if not isinstance(item, Scalar):
                hint = _("write the words to hide, or a 0 or a 1 for every key token, 1 = hidden")
                message = _("padding holds {found}; expected words", found=kind(item))
                self.report.error(item, message, hint)
        words = [item.text for item in items if isinstance(item, Scalar)]
        if self.m is None or len(words) < len(items):
            return
        tokens = self.tokens or tuple(str(i + 1) for i in range(self.m))
        flags = [FLAGS.get(word.lower()) for word in words]
        are_tokens = all(positions(tokens, word) for word in words)
        if None in flags or (are_tokens and (self.tokens or len(words) != self.m)):
            hidden = self.hidden_words(items, words, tokens)
        elif len(words) == self.m:
            hidden = np.array(flags, bool)
        else:
            message = _("padding has {count} numbers; there are {m} key tokens", count=len(words), m=self.m)
            self.report.error(node, message, _("one a token, 1 = hidden"))
            return
        self.masked = True
        self.hidden = hidden if self.hidden is None else self.hidden | hidden

    def hidden_words(self, items: list[Node], words: list[str], tokens: tuple[str, ...]) -> NDArray[np.bool_]:
        """Find the words to hide among the tokens."""
        hidden = np.zeros(len(tokens), bool)
        for item, word in zip(items, words, strict=True):
            found = positions(tokens, word)
            hidden[found] = True
            if not found:
                known = _("the tokens are {tokens}", tokens=", ".join(tokens[:12]))
                message = _("padding hides {word!r}, which is not a token", word=word[:40])
                self.report.error(item, message, did_you_mean(word, tokens, known))
        return hidden

    def zero_one(self, node: Node) -> None:
        """Read a matrix of 0 and 1, or a list of h of them, 1 = may look."""
        values = self.sized(as_zero_one(node), "mask")
        if values is None:
            return
        bad = np.argwhere((values != 0) & (values != 1))
        for index in bad[:1].tolist():
            place = self.written(tuple(index))
            message = _(
                "mask[{index}] is {number:g}; a mask matrix holds 0 and 1, 1 = may look",
                index=",".join(str(i + 1) for i in place),
                number=values[tuple(index)],
            )
            hint = _("to add numbers to the scores: {add: matrix}")
            self.report.error(node_at(node, *place), message, hint)
        if not len(bad):
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
        with np.errstate(over="ignore"):
            self.added = values if self.added is None else self.added + values
        if not np.isfinite(self.added).all():
            message = _("mask.add: the sum is too large for float64")
            self.report.error(node, message, _("write smaller numbers"))

    def keep(self, allowed: NDArray[np.bool_]) -> None:
        """Apply one more matrix."""
        self.masked = True
        self.matrix = allowed if self.matrix is None else self.matrix & allowed

    def sized(self, node: Node, name: str, *, minus_infinity: bool = False) -> Array | None:
        """Read a matrix that must be n × m, or h × n × m."""
        values = read_matrix(node, name, self.folder, self.report, minus_infinity=minus_infinity)
        if values is None or self.n is None or self.m is None:
            return None
        if isinstance(values, Drawn):
            drawn = values.turned if self.lying else values
            values = drawn.fill(name, name, drawn.shape or (self.n, self.m), self.report)
            if values is None:
                return None
        elif self.lying:
            values = turn(values).copy()
        if values.shape == (1, self.n, self.m):
            values = values[0]
        if values.shape in {(self.n, self.m), (self.heads, self.n, self.m)}:
            return values
        hint = _("give it that size")
        if self.heads > 1:
            hint = _("or write a list of {heads} such matrices, one a head", heads=self.heads)
        self.refuse_size(node, name, shape_text(self.written(values)), hint)
        return None

    def refuse_size(self, node: Node, name: str, found: str, hint: str) -> None:
        """Say which size a mask has, and which the scores have; another error may hide that."""
        if self.n is not None and self.m is not None:
            size = _("{name} is {found}; the scores are {n} × {m}: a row a query, a column a key")
            n, m = self.written((self.n, self.m))
            message = worded(size, lying=self.lying).format(name=name, found=found, n=n, m=m)
            self.report.error(node, message, hint)

    def written(self, value: Any) -> Any:  # noqa: ANN401 - a matrix, a shape or an index
        """Turn a matrix, a shape or an index from the way that it is written to the page's, and back."""
        return turn(value) if self.lying else value


def parts(node: Node) -> list[Node]:
    """Return the items of a list, or of an array."""
    if isinstance(node, Sequence):
        return node.items
    items = node.array if isinstance(node, Leaf) else ()
    return [
        Leaf(source=node.source, array=item) if item.ndim else Scalar(node.source, text=str(item))
        for item in items
    ]


def padding_text(flags: Iterable[bool]) -> str:
    """Write a padding mask as a config has it."""
    return f"mask: {{padding: [{', '.join(str(int(flag)) for flag in flags)}]}}"


def is_word(node: Node) -> bool:
    """Whether a node is a word that is no number."""
    return isinstance(node, Scalar) and not node.null and as_number(node.text) is None


def as_zero_one(node: Node) -> Node:
    """Let true and false stand for 1 and 0 inside a matrix."""
    if isinstance(node, Sequence):
        return replace(node, items=[as_zero_one(item) for item in node.items])
    if isinstance(node, Scalar) and node.text.lower() in {"true", "false"}:
        return replace(node, text=str(int(node.text.lower() == "true")), quoted=False)
    return node
