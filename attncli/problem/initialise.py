"""The initialisers: how weights are drawn, each formula once, printed and run from the same entry.

n_in and n_out are the whole matrix's rows and columns. Sources: Glorot and Bengio 2010 (Xavier),
He et al. 2015, LeCun et al. 1998. The draws come from NumPy's RandomState, whose streams are frozen:
the same seed gives the same numbers in every version and on every machine.
"""

from __future__ import annotations

import zlib
from math import prod, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attncli.errors import AttnError
from attncli.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import RandomState

    from attncli.ops.op import Array

    Size = tuple[int, ...]


MAX_DRAWN = 2**26


def uniform(random: RandomState, size: Size, a: float) -> Array:
    """U(−a, a)."""
    return (2.0 * random.random_sample(size) - 1.0) * a


def normal(random: RandomState, size: Size, std: float) -> Array:
    """N(0, std²)."""
    return random.standard_normal(size) * std


class Method(NamedTuple):
    """One initialiser: what it draws, and what is said of it.

    Where ``top`` is not 0 the spread is the root of it over n_in, or over n_in + n_out (``both``).
    ``option`` is the key that gives the spread of the two that leave it open.
    """

    draw: Callable[[RandomState, Size, float], Array]
    about: str
    top: int = 0
    both: bool = False
    option: str = ""

    @property
    def formula(self) -> str:
        """``U(−a, a), a = √(6/(n_in + n_out))``, or what is said in place of a formula."""
        return f"{self.about}, {self.root('n_in', 'n_out')}" if self.top else _(self.about)

    def root(self, n_in: object, n_out: object) -> str:
        """The spread as it is written: ``a = √(6/(4 + 2))``."""
        below = f"({n_in} + {n_out})" if self.both else n_in
        return f"{'a' if self.draw is uniform else 's'} = √({self.top}/{below})"

    def worked(self, n_in: int, n_out: int) -> str:
        """``a = √(6/(4 + 2)) = 1``."""
        return f"{self.root(n_in, n_out)} = {self.spread(n_in, n_out):.4g}"

    def spread(self, n_in: int, n_out: int) -> float:
        """The spread as a number."""
        return sqrt(self.top / (n_in + n_out if self.both else n_in))


METHODS: dict[str, Method] = {
    "gaussian": Method(normal, N_("N(0, 1), the bell curve: mean 0, standard deviation 1"), option="std"),
    "uniform": Method(
        uniform, N_("U(−1, 1): every number from −1 to 1 is as likely as the others"), option="a"
    ),
    "xavier_uniform": Method(uniform, "U(−a, a)", 6, both=True),
    "xavier_normal": Method(normal, "N(0, s²)", 2, both=True),
    "he_uniform": Method(uniform, "U(−a, a)", 6),
    "he_normal": Method(normal, "N(0, s²)", 2),
    "lecun_uniform": Method(uniform, "U(−a, a)", 3),
    "lecun_normal": Method(normal, "N(0, s²)", 1),
    "zeros": Method(
        lambda _, size, __: np.zeros(size),
        N_("all 0: every word then looks at all words alike, and nothing can be learned"),
    ),
    "ones": Method(lambda _, size, __: np.ones(size), N_("all 1: all columns are the same")),
    "identity": Method(
        lambda _, size, __: np.broadcast_to(np.eye(size[-2], size[-1]), size).copy(),
        N_("1 on the diagonal, 0 elsewhere: a word's numbers go on as they are"),
    ),
    "binary": Method(
        lambda random, size, _: random.randint(0, 2, size).astype(np.float64),
        N_("0 or 1, each as likely: you add and never multiply"),
    ),
}


class Init(NamedTuple):
    """How a matrix is to be filled; ``spread`` is gaussian's ``std`` or uniform's ``a``."""

    method: str
    seed: int = 0
    spread: float = 1.0

    def fill(self, symbol: str, size: Size) -> Array:
        """Draw the matrix. Its symbol goes into the seed, so that Wq and Wk differ under one seed.

        Raises AttnError where it is too large, or its numbers are.
        """
        method = METHODS[self.method]
        if prod(size) > MAX_DRAWN:
            message = _("{size} numbers are too many to draw", size=" × ".join(map(str, size)))
            raise AttnError(message, hint=_("the limit is {most:,}", most=MAX_DRAWN))
        if self.method == "identity" and len(size) == 1:
            message = _("identity is a matrix, not a list of numbers")
            raise AttnError(message, hint=_("write init: zeros or ones"))
        random = np.random.RandomState([self.seed, zlib.crc32(symbol.encode())])
        # A bias has as many rows or columns as numbers.
        spread = method.spread(size[-2:][0], size[-1]) if method.top else self.spread
        with np.errstate(over="ignore"):
            values = method.draw(random, size, spread)
        if not np.isfinite(values).all():
            message = _("{name} is too large for float64", name=method.option)
            raise AttnError(message, hint=_("write a smaller one"))
        return values
