"""The letters of the shapes, and the lengths that the matrices of a config give them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from attncli.language import N_, _, plural
from attncli.ops.op import lengths
from attncli.page.lying import worded

if TYPE_CHECKING:
    from attncli.ops.op import Array, Shape
    from attncli.problem.document import Node
    from attncli.report import Report


MAX_AXES = 3  # heads, rows, columns
PLURAL = frozenset({"embeddings", "context.embeddings", "context.values", "tokens", "context.tokens"})
WHY = {
    "n": N_("one row a token; where the keys are other tokens, add context: {tokens: […]}"),
    "m": N_("one row a token of the context"),
    "d_model": N_("X·W needs as many rows in W as X has columns"),
    "d_context": N_("E·W needs as many rows in W as E has columns"),
    "d_values": N_("Ev·W needs as many rows in W as Ev has columns"),
    "d_k": N_("Q·Kᵀ needs queries and keys of the same width"),
    "d_v": N_("the output weights need as many rows as the values have columns"),
    "d_out": N_("the output's columns are those of Wo"),
    "h": N_("one matrix a head"),
}
COUNTS = {
    "rows": lambda n: plural("{n} row", "{n} rows", n),
    "columns": lambda n: plural("{n} column", "{n} columns", n),
    "numbers": lambda n: plural("{n} number", "{n} numbers", n),
    "heads": lambda n: plural("{n} head", "{n} heads", n),
    "words": lambda n: plural("{n} word", "{n} words", n),
    "tokens": lambda n: plural("{n} token", "{n} tokens", n),
}


@dataclass(eq=False, repr=False)
class Dimensions:
    """What each letter stands for, and which matrix said so first.

    A width such as ``h·d_k`` tells d_k, if the heads divide it. ``lying``: tokens are written as columns.
    """

    heads: int
    report: Report
    lying: bool = False
    sizes: dict[str, int] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with what the config says itself."""
        self.sizes["h"], self.sources["h"] = self.heads, _("heads is {heads}", heads=self.heads)

    def bind(
        self,
        name: str,
        node: Node | None,
        letters: Shape,
        shape: tuple[int, ...],
        things: tuple[str, ...],
        why: str = "",
    ) -> None:
        """Check a matrix's shape against what is known, axis by axis, and learn what is not.

        ``things`` says what each axis counts in the file: "rows", "columns", "heads", "words"; ``why`` it
        must be so, where that does not go by the letter.
        """
        for letter, size, thing in zip(letters, shape, things, strict=True):
            found = _("{name} has {count}", name=name, count=COUNTS[thing](size))
            if name in PLURAL:
                found = _("{name} have {count}", name=name, count=COUNTS[thing](size))
            if "·" in letter:
                of, letter = letter.split("·", 1)  # noqa: PLW2901
                heads = self.heads if of == "h" else int(of)
                if size % heads:
                    message = _("{found}, which {heads} heads cannot share equally", found=found, heads=heads)
                    hint = _(
                        "each head owns a block of columns: their number must be a multiple of {heads}",
                        heads=heads,
                    )
                    self.report.error(node, message, worded(hint, lying=self.lying))
                    continue
                size //= heads  # noqa: PLW2901
                found = _("{found}, {size} for each of {heads} heads", found=found, size=size, heads=heads)
            if letter.isdecimal():
                if size != int(letter):
                    self.report.error(node, _("{found}; expected {count}", found=found, count=letter), why)
                continue
            if self.sizes.setdefault(letter, size) == size:
                self.sources.setdefault(letter, found)
                continue
            known = {"said": self.sources[letter], "letter": letter, "size": self.sizes[letter]}
            message = _("{found}; {said} ({letter} = {size})", found=found, **known)
            why = worded(why or _(WHY.get(letter, "")), lying=self.lying)
            self.report.error(node, message, why)

    def of(self, letters: Shape) -> tuple[int, ...] | None:
        """Return a shape in numbers, or None where a letter is not known."""
        return None if self.unknown(letters) else lengths(letters, self.sizes)

    def unknown(self, letters: Shape) -> list[str]:
        """Return the letters of a shape, such as ``h·d_k``, whose size nothing tells."""
        parts = ((letter, part) for letter in letters for part in letter.replace("/", "·").split("·"))
        return [letter for letter, part in parts if part not in self.sizes and not part.isdecimal()]


def shape_text(values: Array) -> str:
    """``4 × 3``, ``a list of 4``, ``one number``."""
    if values.ndim == 1:
        return _("a list of {count}", count=len(values))
    return " × ".join(map(str, values.shape)) or _("one number")
