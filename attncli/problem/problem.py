"""A checked problem: all its numbers, and what is to be done with them."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from attncli.problem.build import Checked


class Problem(Checked):
    """An attention problem, from the page's symbols and the config's names.

    >>> Problem(X=[[1, 0], [0, 1]], Wq=[[1], [0]], Wk=[[0], [1]], Wv=[[1], [1]]).tokens
    ('1', '2')
    """

    def __init__(self, **config: object) -> None:
        """Check the values; raises AttnErrors that tell all that is wrong with them."""
        from attncli.problem.build import build  # noqa: PLC0415 - it builds what is defined here
        from attncli.problem.python import from_python  # noqa: PLC0415
        from attncli.report import Report  # noqa: PLC0415

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
