"""A config to start from, with comments that say what each part is: what ``init`` writes.

Either a copy of a built-in problem, or one of one's own words and sizes. Its numbers are drawn by the
problem's own initialisers and written out, rounded, so that a person can work with them on paper. The
same choices give the same text, byte for byte, on every machine. Comments are in the active language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import TYPE_CHECKING

import numpy as np

from attncli.errors import AttnError
from attncli.language import _, plural
from attncli.problem.config_text import matrix_lines, quote
from attncli.problem.initialise import METHODS, Init
from attncli.problem.sources import configs_folder
from attncli.untrusted import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from attncli.ops.op import Array


MOST_NUMBERS = 100_000
ROUNDED = 2  # decimals, or significant digits where the numbers are small
ROOMY = 4  # times as many possible rows as words: different words soon get different rows
# A comment of a built-in problem is a message of the catalogues: the lines that stand together, or what
# stands behind a value. A single word is one of the problem's own.
COMMENT = re.compile(r"# +\S+ .*(?:\n# .*)*")


def template_text(name: str) -> str:
    """Return a built-in problem's config, its comments in the active language."""
    text = (configs_folder() / f"{name}.yaml").read_text(encoding="utf-8")
    return COMMENT.sub(lambda comment: _(comment[0]), text)


@dataclass
class Plan:
    """What a config is to hold; ``method`` None leaves zeros to be filled in by hand.

    Raises AttnError where the heads cannot share d_model, where there are no words, or too many numbers
    to write out.
    """

    sentence: str = "Death is like the wind"
    d_model: int = 4
    d_k: int = 0  # 0: d_model/heads
    d_v: int = 0  # 0: d_k
    heads: int = 1
    masked: bool = False
    method: str | None = "binary"
    seed: int = 0

    def __post_init__(self) -> None:
        """Settle the sizes, and check them."""
        if not self.d_k and self.d_model % self.heads:
            message = _(
                "{heads} heads cannot share d_model = {d_model} equally:"
                " {d_model}/{heads} is no whole number",
                heads=self.heads,
                d_model=self.d_model,
            )
            hint = _(
                "choose a d_model that is a multiple of {heads}, or say how wide a head is with --d-k",
                heads=self.heads,
            )
            raise AttnError(message, hint=hint)
        self.d_k = self.d_k or self.d_model // self.heads
        self.d_v = self.d_v or self.d_k
        check_words(self.sentence)
        rows = len(self.words) * (self.d_model + self.d_out)
        count = rows + sum(n_in * n_out for n_in, n_out in self.weights.values())
        if count > MOST_NUMBERS:
            message = _(
                "{count:,} numbers are too many to write out; the limit is {most:,}",
                count=count,
                most=MOST_NUMBERS,
            )
            hint = _("make the sizes smaller; in a config Wq: {init: xavier_uniform, shape: [512, 512]}")
            raise AttnError(message, hint=hint)

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


def check_words(sentence: str) -> None:
    """Refuse a sentence without words, or of bytes that are no text."""
    if not sentence.split():
        hint = _('like --sentence "Death is like the wind"')
        raise AttnError(_("the sentence holds no words"), hint=hint)
    if any("\ud800" <= char <= "\udfff" for char in sentence):
        hint = _("set the terminal's encoding to UTF-8")
        raise AttnError(_("the sentence is not UTF-8 text"), hint=hint)


def starter_text(to: Plan, command: str) -> str:
    """Write the config; ``command`` is the command line that makes it again."""
    words, comments = to.words, [sanitize(word) for word in to.words]
    sizes = f"d_model = {to.d_model}, d_k = {to.d_k}, d_v = {to.d_v}"
    heads = _("# {heads} heads: d_k and d_v are the widths of one head.", heads=to.heads)
    lines = [
        plural(
            "# An attention problem: n = {n} word, {sizes}.",
            "# An attention problem: n = {n} words, {sizes}.",
            len(words),
            sizes=sizes,
        ),
        *([heads] if to.heads > 1 else []),
        _("# Made by: {command}", command=sanitize(command)),
        "#",
        _("#   attncli forward FILE     every matrix, with the formula that made it"),
        _("#   attncli backward FILE    the loss and every gradient"),
        _("# FILE is the name of this file. Change any number and run them again."),
        "",
        f"sentence: {quote(' '.join(words))}",
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
        *about_weights(to),
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


def about_weights(to: Plan) -> list[str]:
    """Say how the weights were drawn, and how else they could be."""
    if to.method is None:
        return [_("# The weights are all 0, for you to fill in.")]
    longest = max(map(len, METHODS))
    return [
        _(
            "# The weights were drawn with {method} and seed {seed}, and rounded:",
            method=to.method,
            seed=to.seed,
        ),
        f"#   {METHODS[to.method].formula}",
        _("# A weight matrix has n_in rows and n_out columns. The usual initialisers:"),
        *(f"#   {name:{longest}}  {method.formula}" for name, method in METHODS.items()),
        _("# A matrix may also be left to attncli, which draws it, unrounded, whenever it reads this file:"),
        f"#   Wq: {{init: {to.method}, seed: {to.seed}}}",
    ]


def weight_lines(to: Plan, symbol: str, shape: tuple[int, int]) -> list[str]:
    """Write one weight matrix, and what it does."""
    does = {
        "Wq": _("# Wq turns a word into its query, what it asks for: Q = X·Wq."),
        "Wk": _("# Wk turns a word into its key, which queries are compared with: K = X·Wk."),
        "Wv": _("# Wv turns a word into its value, what it hands over: V = X·Wv."),
        "Wo": _("# Wo joins the heads: O = C·Wo has the shape of X."),
    }
    lines = ["", does[symbol]]
    width = {"Wq": to.d_k, "Wk": to.d_k, "Wv": to.d_v}.get(symbol, 0)
    if to.heads > 1 and width > 1:
        lines.append(_("# Head 1 owns the first {width} columns, and so on.", width=width))
    elif to.heads > 1 and width:
        lines.append(_("# Head 1 owns the first column, and so on."))
    values: Array = np.zeros(shape)
    if to.method is not None:
        values = Init(to.method, to.seed).fill(symbol, shape)
        if METHODS[to.method].top:
            lines.append(f"# n_in = {shape[0]}, n_out = {shape[1]}: {METHODS[to.method].worked(*shape)}")
    return [*lines, f"{symbol}:", *matrix_lines(values, number_format(values))]


def number_format(values: Array) -> Callable[[float], str]:
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
