"""The ways in which weights are really drawn.

n_in and n_out are the whole matrix's rows and columns. Sources: Glorot and Bengio 2010 (Xavier),
He et al. 2015, LeCun et al. 1998. The draws come from NumPy's RandomState, whose streams are frozen:
the same seed gives the same numbers in every version and on every machine.
"""

from __future__ import annotations

import math
import zlib
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attncli.errors import AttnError
from attncli.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import RandomState as Draw

    from attncli.ops.op import Array


MAX_DRAWN = 2**26
SPREAD_OF = {"gaussian": "std", "uniform": "a"}


class Init(NamedTuple):
    """How a matrix is to be filled; ``spread`` is gaussian's ``std`` or uniform's ``a``."""

    method: str
    seed: int = 0
    spread: float = 1.0

    def fill(self, symbol: str, shape: tuple[int, ...]) -> Array:
        """Draw the matrix. Its symbol goes into the seed, so that Wq and Wk differ under one seed.

        Raises AttnError where it is too large, or its numbers are.
        """
        if math.prod(shape) > MAX_DRAWN:
            size = " × ".join(map(str, shape))
            message = _("{size} numbers are too many to draw", size=size)
            raise AttnError(message, hint=_("{most:,} are the most", most=MAX_DRAWN))
        if self.method == "identity" and len(shape) == 1:
            message = _("identity is a matrix, not a list of numbers")
            raise AttnError(message, hint=_("write init: zeros or ones"))
        draw = np.random.RandomState([self.seed, zlib.crc32(symbol.encode())])
        with np.errstate(over="ignore"):
            values = METHODS[self.method](draw, shape, self.spread)
        if not np.isfinite(values).all():
            message = _("{name} is too large for float64", name=SPREAD_OF[self.method])
            raise AttnError(message, hint=_("write a smaller one"))
        return values


def uniform(draw: Draw, shape: tuple[int, ...], a: float) -> Array:
    """U(−a, a)."""
    return (2.0 * draw.random_sample(shape) - 1.0) * a


def normal(draw: Draw, shape: tuple[int, ...], std: float) -> Array:
    """N(0, std²)."""
    return draw.standard_normal(shape) * std


def identity(_: Draw, shape: tuple[int, ...], __: float) -> Array:
    """1 on the diagonal, 0 elsewhere; the same for every head."""
    return np.broadcast_to(np.eye(*fans(shape)), shape).copy()


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return n_in and n_out; a bias has as many of either as numbers."""
    return shape[-2:][0], shape[-1]


METHODS: dict[str, Callable[[Draw, tuple[int, ...], float], Array]] = {
    "gaussian": normal,
    "uniform": uniform,
    "xavier_uniform": lambda draw, shape, _: uniform(draw, shape, sqrt(6 / sum(fans(shape)))),
    "xavier_normal": lambda draw, shape, _: normal(draw, shape, sqrt(2 / sum(fans(shape)))),
    "he_uniform": lambda draw, shape, _: uniform(draw, shape, sqrt(6 / fans(shape)[0])),
    "he_normal": lambda draw, shape, _: normal(draw, shape, sqrt(2 / fans(shape)[0])),
    "lecun_uniform": lambda draw, shape, _: uniform(draw, shape, sqrt(3 / fans(shape)[0])),
    "lecun_normal": lambda draw, shape, _: normal(draw, shape, sqrt(1 / fans(shape)[0])),
    "zeros": lambda _, shape, __: np.zeros(shape),
    "ones": lambda _, shape, __: np.ones(shape),
    "identity": identity,
    "binary": lambda draw, shape, _: draw.randint(0, 2, shape).astype(np.float64),
}


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
