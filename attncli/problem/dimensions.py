"""The letters of the shapes, and the sizes that the matrices give them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attncli.ops.op import Shape
    from attncli.problem.nodes import Node
    from attncli.problem.report import Report

PLURAL = frozenset({"embeddings", "context.embeddings", "context.values", "tokens", "context.tokens"})


@dataclass
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
        self.sizes["h"], self.said["h"] = self.heads, f"heads is {self.heads}"

    def bind(
        self, name: str, node: Node | None, letters: Shape, shape: tuple[int, ...], words: tuple[str, ...]
    ) -> None:
        """Hold a matrix's shape against what is known, axis by axis, and learn what is not.

        ``words`` says what each axis counts in the file: "rows", "columns", "heads", "words".
        """
        have = "have" if name in PLURAL else "has"
        for letter, size, word in zip(letters, shape, words, strict=True):
            found = f"{name} {have} {size} {word if size != 1 else word.removesuffix('s')}"
            if letter.startswith("h·"):
                if size % self.heads:
                    self.report.error(
                        node,
                        f"{found}, which {self.heads} heads cannot share equally",
                        f"each head owns a block of columns: their number must be a multiple of {self.heads}",
                    )
                    continue
                letter, size = letter.removeprefix("h·"), size // self.heads  # noqa: PLW2901
                found += f", {size} for each of {self.heads} heads"
            if self.sizes.setdefault(letter, size) == size:
                self.said.setdefault(letter, found)
                continue
            self.report.error(
                node, f"{found}; {self.said[letter]} ({letter} = {self.sizes[letter]})", WHY.get(letter, "")
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


WHY = {
    "n": "one row a token; where the keys are other tokens, add context: {tokens: […]}",
    "m": "one row a token of the context",
    "d_model": "X·W needs as many rows in W as X has columns",
    "d_context": "E·W needs as many rows in W as E has columns",
    "d_values": "Ev·W needs as many rows in W as Ev has columns",
    "d_k": "Q·Kᵀ needs queries and keys of the same width",
    "d_v": "the output weights take what the values give",
    "d_out": "the output's columns are those of Wo",
    "h": "one matrix a head",
}
