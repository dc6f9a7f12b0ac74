"""A config to start from, with comments that say what each part is: what ``init`` writes.

The numbers are drawn by the problem's own initialisers and written out, rounded, so that a person
can work with them on paper. The same choices give the same text, byte for byte, on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10
from typing import TYPE_CHECKING

import numpy as np

from attncli.errors import AttnError
from attncli.language import _, plural
from attncli.problem.config_text import escaped, matrix_lines, quoted
from attncli.problem.initialise import WAYS, Init

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from attncli.ops.op import Array


MOST_NUMBERS = 100_000
ROUNDED = 2  # decimals, or significant digits where the numbers are small
ROOMY = 4  # times as many possible rows as words: different words soon get different rows


@dataclass(frozen=True)
class Plan:
    """What a config is to hold; ``method`` None leaves zeros to be filled in by hand."""

    sentence: str
    d_model: int
    d_k: int
    d_v: int
    heads: int
    masked: bool
    method: str | None
    seed: int

    @property
    def words(self) -> list[str]:
        """The tokens."""
        return self.sentence.split()

    @property
    def weights(self) -> dict[str, tuple[int, int]]:
        """The shape of each weight matrix; several heads need one more, to be joined."""
        wide_k, wide_v = self.heads * self.d_k, self.heads * self.d_v
        shapes = {"Wq": (self.d_model, wide_k), "Wk": (self.d_model, wide_k), "Wv": (self.d_model, wide_v)}
        return shapes | ({"Wo": (wide_v, self.d_model)} if self.heads > 1 else {})

    @property
    def d_out(self) -> int:
        """How many columns the output has."""
        return self.d_model if self.heads > 1 else self.d_v

    def check(self) -> None:
        """Raise AttnError where there are no words, or too many numbers to write out."""
        if not self.words:
            raise AttnError(
                _("the sentence holds no words"), hint=_('like --sentence "Death is like the wind"')
            )
        if any("\ud800" <= char <= "\udfff" for char in self.sentence):
            raise AttnError(
                _("the sentence is not UTF-8 text"), hint=_("set the terminal's encoding to UTF-8")
            )
        rows = len(self.words) * (self.d_model + self.d_out)
        count = rows + sum(n_in * n_out for n_in, n_out in self.weights.values())
        if count > MOST_NUMBERS:
            raise AttnError(
                _(
                    "{count:,} numbers are too many to write out; {most:,} are the most",
                    count=count,
                    most=MOST_NUMBERS,
                ),
                hint=_("make the sizes smaller; in a config Wq: {init: xavier_uniform, shape: [512, 512]}"),
            )


def plan(
    *,
    sentence: str,
    d_model: int,
    d_k: int | None,
    d_v: int | None,
    heads: int,
    masked: bool,
    method: str | None,
    seed: int,
) -> Plan:
    """Settle the sizes: d_k is d_model/heads where it is not given, and d_v is d_k.

    Raises AttnError where the heads cannot share d_model, or the plan cannot be written out.
    """
    if d_k is None and d_model % heads:
        raise AttnError(
            _(
                "{heads} heads cannot share d_model = {d_model} equally:"
                " {d_model}/{heads} is no whole number",
                heads=heads,
                d_model=d_model,
            ),
            hint=_(
                "choose a d_model that is a multiple of {heads}, or say how wide a head is with --d-k",
                heads=heads,
            ),
        )
    d_k = d_k or d_model // heads
    settled = Plan(sentence, d_model, d_k, d_v or d_k, heads, masked, method, seed)
    settled.check()
    return settled


def starter_text(to: Plan, command: str) -> str:
    """Write the config; ``command`` is the command line that makes it again."""
    words, comments = to.words, [escaped(word) for word in to.words]
    sizes = f"d_model = {to.d_model}, d_k = {to.d_k}, d_v = {to.d_v}"
    about = plural(
        "# An attention problem: n = {n} word, {sizes}.",
        "# An attention problem: n = {n} words, {sizes}.",
        len(words),
        sizes=sizes,
    )
    heads = _("# {heads} heads: d_k and d_v are the widths of one head.", heads=to.heads)
    lines = [
        about,
        *([heads] if to.heads > 1 else []),
        _("# Made by: {command}", command=escaped(command)),
        "#",
        _("#   attncli forward FILE     every matrix, with the formula that made it"),
        _("#   attncli backward FILE    the loss and every gradient"),
        _("# FILE is the name of this file. Change any number and run them again."),
        "",
        f"sentence: {quoted(' '.join(words))}",
        "",
        _(
            "# X: one row a word, {d_model} numbers each (d_model). The same word has the same row.",
            d_model=to.d_model,
        ),
        "embeddings:",
        *matrix_lines(embeddings(to), comments=comments),
        "",
        f"heads: {to.heads}".ljust(19) + _("# how many ways of looking there are, each with its own weights"),
        f"mask: {str(to.masked).lower()}".ljust(19)
        + _("# true: a word sees itself and earlier words, no later ones"),
        "",
        *drawn_how(to),
    ]
    for symbol, shape in to.weights.items():
        lines += weight_lines(to, symbol, shape)
    lines += [
        "",
        _(
            "# Y: what the output should have been, {d_out} numbers a word, like the output O.",
            d_out=to.d_out,
        ),
        "target:",
        *matrix_lines(targets(to), comments=comments),
        "",
        "loss: bce".ljust(19) + _("# bce, ce, mse, or sum: attncli backward FILE --loss mse tries another"),
        "reduction: sum".ljust(19) + _("# or mean"),
        "decimals: 4".ljust(19) + _("# how many are shown; the calculation keeps them all"),
    ]
    return "\n".join(lines) + "\n"


def drawn_how(to: Plan) -> list[str]:
    """Tell how the weights were drawn, and how else they could be."""
    if to.method is None:
        return [_("# The weights are all 0, for you to fill in.")]
    others = max(map(len, WAYS))
    return [
        _(
            "# The weights were drawn with {method} and seed {seed}, and rounded:",
            method=to.method,
            seed=to.seed,
        ),
        f"#   {_(WAYS[to.method].formula)}",
        _("# A weight matrix has n_in rows and n_out columns. The ways in which weights are really drawn:"),
        *(f"#   {name:{others}}  {_(way.formula)}" for name, way in WAYS.items()),
        _("# A matrix may also be left to attncli, which draws it, unrounded, whenever it reads this file:"),
        f"#   Wq: {{init: {to.method}, seed: {to.seed}}}",
    ]


def weight_lines(to: Plan, symbol: str, shape: tuple[int, int]) -> list[str]:
    """Write one weight matrix, and what it does."""
    does = {
        "Wq": _("# Wq turns a word into its question: Q = X·Wq."),
        "Wk": _("# Wk turns a word into the label that questions are compared with: K = X·Wk."),
        "Wv": _("# Wv turns a word into what it hands over: V = X·Wv."),
        "Wo": _("# Wo joins the heads: O = C·Wo has the shape of X."),
    }
    width = {"Wq": to.d_k, "Wk": to.d_k, "Wv": to.d_v}.get(symbol)
    owns = ""
    if to.heads > 1 and width:
        owns = (
            _("# Head 1 owns the first {width} columns, and so on.", width=width)
            if width > 1
            else _("# Head 1 owns the first column, and so on.")
        )
    lines = ["", does[symbol], *([owns] if owns else [])]
    worked = WAYS[to.method].of(*shape) if to.method else ""
    if worked:
        lines.append(f"# n_in = {shape[0]}, n_out = {shape[1]}: {worked}")
    values = np.zeros(shape) if to.method is None else Init(to.method, to.seed).fill(symbol, shape)
    return [*lines, f"{symbol}:", *matrix_lines(values, rounded_to(values))]


def rounded_to(values: Array) -> Callable[[float], str]:
    """Return how one matrix's numbers are written: two decimals, more where all are small."""
    if (values == np.rint(values)).all():
        return lambda x: str(int(x))
    decimals = max(ROUNDED, ROUNDED - 1 - floor(log10(float(np.abs(values).max()))))

    def write(x: float) -> str:
        text = f"{x:.{decimals}f}"
        return text.removeprefix("-") if float(text) == 0 else text

    return write


def embeddings(to: Plan) -> Array:
    """Draw a row of small whole numbers for each different word, no two alike."""
    if to.method is None:
        return np.zeros((len(to.words), to.d_model))
    different = dict.fromkeys(to.words)
    largest = max(2, ceil((ROOMY * len(different)) ** (1 / to.d_model)) - 1)
    draw = np.random.RandomState([to.seed, 0])
    rows: list[Sequence[int]] = []
    while len(rows) < len(different):
        row = draw.randint(0, largest + 1, to.d_model).tolist()
        if any(row) and row not in rows:
            rows.append(row)
    row_of = dict(zip(different, rows, strict=True))
    return np.array([row_of[word] for word in to.words], np.float64)


def targets(to: Plan) -> Array:
    """Draw one kind for each different word: a row with a single 1, which suits every loss."""
    target = np.zeros((len(to.words), to.d_out))
    if to.method is None:
        return target
    different = list(dict.fromkeys(to.words))
    draw = np.random.RandomState([to.seed, 1])
    kinds = dict(zip(different, draw.randint(0, max(2, to.d_out), len(different)).tolist(), strict=True))
    for i, word in enumerate(to.words):
        if kinds[word] < to.d_out:  # a single column is just 0 or 1
            target[i, kinds[word]] = 1.0
    return target
