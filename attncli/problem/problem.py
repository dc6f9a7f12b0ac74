"""A checked problem: all its numbers, and what is to be done with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from attncli.ops.op import lengths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attncli.attention import Form
    from attncli.mask import Mask
    from attncli.ops.op import Array, Shape
    from attncli.problem.targets import Target


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Checked:
    """What a config says, once every error in it is out of the way.

    ``givens`` are float64 and read-only; weights are in-out, heads side by side. ``letters`` has
    the shape of every possible row, ``sizes`` the number that each letter stands for.
    """

    name: str
    tokens: tuple[str, ...]
    context_tokens: tuple[str, ...] | None
    form: Form
    givens: Mapping[str, Array]
    given_rows: frozenset[str]
    mask: Mask | None
    scale: float | None
    sizes: Mapping[str, int]
    letters: Mapping[str, Shape]
    target: Target | None
    upstream: Target | None
    loss: str
    reduction: str
    decimals: int
    notes: tuple[str, ...] = field(default=())

    @property
    def key_tokens(self) -> tuple[str, ...]:
        """The tokens that are looked at."""
        return self.tokens if self.context_tokens is None else self.context_tokens

    def labels(self, letter: str) -> tuple[str, ...] | None:
        """The tokens along an axis, or None where it is only counted."""
        return {"n": self.tokens, "m": self.key_tokens}.get(letter)

    def shape(self, symbol: str) -> tuple[int, ...]:
        """The shape in numbers of a given or a row; a gradient has that of its symbol."""
        return lengths(self.letters[symbol], self.sizes)


class Problem(Checked):
    """An attention problem, from the page's symbols and the config's names.

    >>> Problem(X=[[1, 0], [0, 1]], Wq=[[1], [0]], Wk=[[0], [1]], Wv=[[1], [1]]).tokens
    ('1', '2')
    """

    def __init__(self, **config: object) -> None:
        """Check the values; raises AttnErrors that tell all that is wrong with them."""
        from attncli.problem.build import build  # noqa: PLC0415 - it builds what is defined here
        from attncli.problem.python import from_python  # noqa: PLC0415
        from attncli.problem.report import Report  # noqa: PLC0415

        root = from_python(config, "Problem")
        vars(self).update(vars(build(root, "Problem", Path(), (), Report())))

    @classmethod
    def of(cls, checked: Checked) -> Self:
        """Take over what has been checked."""
        problem = cls.__new__(cls)
        vars(problem).update(vars(checked))
        return problem

    def __repr__(self) -> str:
        """Name the problem and its size."""
        sizes = ", ".join(f"{letter}={size}" for letter, size in self.sizes.items())
        return f"<Problem {self.name}: {sizes}>"
