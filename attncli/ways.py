"""The ways in which weights can be drawn, each with its formula."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

from attncli.language import N_

if TYPE_CHECKING:
    from collections.abc import Callable


class Way(NamedTuple):
    """One way to draw weights: its formula, and its number worked out for one matrix."""

    formula: str
    worked: str = ""
    value: Callable[[int, int], float] | None = None

    def of(self, n_in: int, n_out: int) -> str:
        """``a = √(6/(4 + 2)) = 1``; nothing where the formula has no number of its own."""
        if self.value is None:
            return ""
        return f"{self.worked.format(n_in=n_in, n_out=n_out)} = {self.value(n_in, n_out):.4g}"


WAYS: dict[str, Way] = {
    "gaussian": Way(N_("N(0, 1), the bell curve: mean 0, standard deviation 1")),
    "uniform": Way(N_("U(−1, 1): every number from −1 to 1 is as likely as the others")),
    "xavier_uniform": Way(
        "U(−a, a), a = √(6/(n_in + n_out))", "a = √(6/({n_in} + {n_out}))", lambda i, o: sqrt(6 / (i + o))
    ),
    "xavier_normal": Way(
        "N(0, s²), s = √(2/(n_in + n_out))", "s = √(2/({n_in} + {n_out}))", lambda i, o: sqrt(2 / (i + o))
    ),
    "he_uniform": Way("U(−a, a), a = √(6/n_in)", "a = √(6/{n_in})", lambda i, _: sqrt(6 / i)),
    "he_normal": Way("N(0, s²), s = √(2/n_in)", "s = √(2/{n_in})", lambda i, _: sqrt(2 / i)),
    "lecun_uniform": Way("U(−a, a), a = √(3/n_in)", "a = √(3/{n_in})", lambda i, _: sqrt(3 / i)),
    "lecun_normal": Way("N(0, s²), s = √(1/n_in)", "s = √(1/{n_in})", lambda i, _: sqrt(1 / i)),
    "zeros": Way(N_("all 0: every word then looks at all words alike, and nothing can be learned")),
    "ones": Way(N_("all 1: all columns are the same")),
    "identity": Way(N_("1 on the diagonal, 0 elsewhere: a word's numbers go on as they are")),
    "binary": Way(N_("0 or 1, each as likely: you add and never multiply")),
}
