"""The letters of the shapes, and the sizes that the matrices give them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from attncli.language import N_, _, plural

if TYPE_CHECKING:
    from attncli.ops.op import Array, Shape
    from attncli.problem.document import Node
    from attncli.report import Report


PLURAL = frozenset({"embeddings", "context.embeddings", "context.values", "tokens", "context.tokens"})
WHY = {
    "n": N_("one row a token; where the keys are other tokens, add context: {tokens: […]}"),
    "m": N_("one row a token of the context"),
    "d_model": N_("X·W needs as many rows in W as X has columns"),
    "d_context": N_("E·W needs as many rows in W as E has columns"),
    "d_values": N_("Ev·W needs as many rows in W as Ev has columns"),
    "d_k": N_("Q·Kᵀ needs queries and keys of the same width"),
    "d_v": N_("the output weights take what the values give"),
    "d_out": N_("the output's columns are those of Wo"),
    "h": N_("one matrix a head"),
}
COUNTED = {
    "rows": lambda n: plural("{n} row", "{n} rows", n),
    "columns": lambda n: plural("{n} column", "{n} columns", n),
    "numbers": lambda n: plural("{n} number", "{n} numbers", n),
    "heads": lambda n: plural("{n} head", "{n} heads", n),
    "words": lambda n: plural("{n} word", "{n} words", n),
    "tokens": lambda n: plural("{n} token", "{n} tokens", n),
}


@dataclass(eq=False, repr=False)
class Dimensions:
    """What each letter stands for, and who said so first.

    A width such as ``h·d_k`` tells d_k, if the heads divide it.
    """

    heads: int
    report: Report
    sizes: dict[str, int] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with what the config says itself."""
        self.sizes["h"], self.said["h"] = self.heads, _("heads is {heads}", heads=self.heads)

    def bind(
        self, name: str, node: Node | None, letters: Shape, shape: tuple[int, ...], words: tuple[str, ...]
    ) -> None:
        """Hold a matrix's shape against what is known, axis by axis, and learn what is not.

        ``words`` says what each axis counts in the file: "rows", "columns", "heads", "words".
        """
        for letter, size, word in zip(letters, shape, words, strict=True):
            found = has(name, counted(size, word))
            if letter.startswith("h·"):
                if size % self.heads:
                    self.refuse_share(node, found)
                    continue
                letter, size = letter.removeprefix("h·"), size // self.heads  # noqa: PLW2901
                found = _(
                    "{found}, {size} for each of {heads} heads", found=found, size=size, heads=self.heads
                )
            if self.sizes.setdefault(letter, size) == size:
                self.said.setdefault(letter, found)
                continue
            known = {"said": self.said[letter], "letter": letter, "size": self.sizes[letter]}
            message = _("{found}; {said} ({letter} = {size})", found=found, **known)
            self.report.error(node, message, _(WHY.get(letter, "")))

    def refuse_share(self, node: Node | None, found: str) -> None:
        """Say that the columns do not divide among the heads."""
        self.report.error(
            node,
            _("{found}, which {heads} heads cannot share equally", found=found, heads=self.heads),
            _(
                "each head owns a block of columns: their number must be a multiple of {heads}",
                heads=self.heads,
            ),
        )

    def of(self, letters: Shape) -> tuple[int, ...] | None:
        """Return a shape in numbers, or None where a letter is not known."""
        shape = []
        for letter in letters:
            size = self.sizes.get(letter.removeprefix("h·"))
            if size is None:
                return None
            shape.append(size * self.heads if letter.startswith("h·") else size)
        return tuple(shape)


def has(name: str, count: str) -> str:
    """Say how many of something a matrix has."""
    if name in PLURAL:
        return _("{name} have {count}", name=name, count=count)
    return _("{name} has {count}", name=name, count=count)


def counted(n: int, things: str) -> str:
    """``1 row``, ``3 rows``."""
    return COUNTED[things](n)


def shape_of(values: Array) -> str:
    """``4 × 3``, ``a list of 4``, ``one number``."""
    if values.ndim == 1:
        return _("a list of {count}", count=len(values))
    return " × ".join(map(str, values.shape)) or _("one number")
