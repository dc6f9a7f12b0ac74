"""Every matrix of a config: read, brought into the page's layout, and checked against the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from attncli.language import N_, _, either
from attncli.page.attention import attention_rows
from attncli.page.lying import turn
from attncli.page.page import Page
from attncli.problem.document import Mapping, Node, kind
from attncli.problem.keys import BIASES, PATHS, ROWS, WEIGHTS, Layout
from attncli.problem.matrices import Drawn, read_matrix
from attncli.report import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from attncli.ops.op import Array, Shape
    from attncli.page.attention import Form
    from attncli.problem.dimensions import Dimensions
    from attncli.report import Report


NAMES = {symbol: ".".join(PATHS[symbol]) for symbol in ("X", "E", "Ev")}
LOSS_ROWS = ("P", "L")
MATRIX, HEADS = 2, 3  # how many axes they have
KINDS = (N_("one number"), N_("a flat list of numbers"), N_("a matrix"), N_("a list of matrices"))
# Why a problem does not have one of the lesson's quantities.
ABSENT = {
    "Z": N_("with scale: false the scores are not scaled: give S instead, or delete scale: false"),
    "H": N_("without heads and Wo, A·V is the output O itself; the quantities are {rows}"),
    "C": N_("C puts several heads side by side for Wo to mix; the quantities are {rows}"),
    "Qh": N_("there is one head, which reads Q, K and V whole; the quantities are {rows}"),
}
AXES = {1: ("numbers",), MATRIX: ("rows", "columns"), HEADS: ("heads", "rows", "columns")}


def config_name(symbol: str) -> str:
    """Return what the config calls a symbol."""
    return NAMES.get(symbol, symbol)


def shapes_in_letters(form: Form) -> dict[str, Shape]:
    """Return the shape of everything that such a page could hold, in the page's order."""
    keys_from = "d_context" if form.context else "d_model"
    values_from = "d_values" if form.context_values else keys_from
    wide = "h·" if form.heads > 1 else ""
    givens: dict[str, Shape] = {"X": ("n", "d_model")}
    if form.context:
        givens["E"] = ("m", "d_context")
    if form.context_values:
        givens["Ev"] = ("m", "d_values")
    givens |= {
        "Wq": ("d_model", f"{wide}d_k"),
        "bq": (f"{wide}d_k",),
        "Wk": (keys_from, f"{wide}d_k"),
        "bk": (f"{wide}d_k",),
        "Wv": (values_from, f"{wide}d_v"),
        "bv": (f"{wide}d_v",),
        "Wo": (f"{wide}d_v", "d_out"),
        "bo": ("d_out",),
    }
    shapes = Page(tuple(attention_rows(form))).shapes(givens)
    return shapes | {"P": shapes["O"], "Y": shapes["O"], "U": shapes["O"], "L": ()}


@dataclass(eq=False, repr=False)
class Givens:
    """The matrices found so far, by symbol; ``nodes`` says where each one stands."""

    dims: Dimensions
    letters: dict[str, Shape]
    folder: Path
    report: Report
    out_in: bool
    layout: Layout
    turned: Collection[str] = WEIGHTS  # what is transposed where the weights are out-in
    matrices: dict[str, Array | Drawn] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    waiting: dict[str, tuple[Node, Array | Drawn | None]] = field(default_factory=dict)

    def read_keys(self, root: Mapping, context: Mapping | None, own: Collection[str] | None = None) -> None:
        """Read the embeddings, the weights and the biases.

        ``own``: further symbols, on a page with lines of one's own. There all but the embeddings are waiting
        until a row reads them: it tells the letters of their shapes.
        """
        found = [("X", root.get("embeddings"))]
        if context is not None:
            found += [("E", context.get("embeddings")), ("Ev", context.get("values"))]
        own_keys = [key for key in root.pairs if own and key in own]  # as the config has them
        found += [(symbol, root.get(symbol)) for symbol in (*WEIGHTS, *BIASES, *own_keys)]
        for symbol, node in found:
            if node is None:
                continue
            values = read_matrix(node, config_name(symbol), self.folder, self.report)
            if own is None or symbol in NAMES:
                self.read(symbol, node, values)
            else:
                self.waiting[symbol] = node, self.laid_out(symbol, node, values)

    def read_rows(self, root: Mapping, form: Form) -> frozenset[str]:
        """Read the rows whose values are given, and return their symbols."""
        given = root.get("given")
        if given is None:
            return frozenset()
        if not isinstance(given, Mapping):
            message = _("{name} is {found}; expected a mapping", name="given", found=kind(given))
            self.report.error(given, message, _("write given: {Q: …, K: …, V: …}"))
            return frozenset()
        rows = [row.symbol for row in attention_rows(form)]
        for symbol, (key, node) in given.pairs.items():
            if symbol in rows:
                values = read_matrix(node, symbol, self.folder, self.report, minus_infinity=symbol == "M")
                self.read(symbol, node, values)
                continue
            known = ", ".join(rows)
            hint = did_you_mean(symbol, rows, _("its quantities are {rows}", rows=known))
            if symbol in ROWS:
                hint = _(ABSENT.get(symbol, ABSENT["Qh"]), rows=known)
            elif symbol in PATHS or symbol in self.letters:
                hint = _("write {key} outside given", key=".".join(PATHS.get(symbol, (symbol,))))
            if symbol in LOSS_ROWS:
                hint = _("{symbol} belongs to the loss; the quantities are {rows}", symbol=symbol, rows=known)
            self.report.error(
                key, _("{symbol!r} is not a quantity of this problem", symbol=symbol[:40]), hint
            )
        return frozenset(given.pairs.keys() & set(rows))

    def read(self, symbol: str, node: Node, values: Array | Drawn | None) -> None:
        """Bring one matrix into the page's layout and check its shape against the others."""
        self.place(symbol, node, self.laid_out(symbol, node, values))

    def flipped(self, symbol: str, node: Node) -> bool:
        """Whether a matrix is written transposed."""
        return self.layout.lies(node) or (self.out_in and symbol in self.turned)

    def laid_out(self, symbol: str, node: Node, values: Array | Drawn | None) -> Array | Drawn | None:
        """Bring one matrix into the page's layout: tokens as rows, in-out, heads side by side."""
        flipped = self.flipped(symbol, node)
        if isinstance(values, Drawn):
            return values.turned if flipped else values
        return None if values is None else join_heads(values, symbol, self.dims.heads, flipped=flipped)

    def place(self, symbol: str, node: Node, values: Array | Drawn | None, why: str = "") -> None:
        """Take one matrix in, and check its shape against the others; ``why`` it must be so."""
        self.nodes[symbol] = node
        if values is None:
            return
        name, letters, shape = config_name(symbol), self.letters[symbol], values.shape
        if shape is not None and len(shape) != len(letters):
            self.refuse_nesting(name, node, shape, letters)
            return
        if shape is not None:
            things = AXES[len(shape)]
            flipped = self.flipped(symbol, node)
            self.dims.bind(name, node, letters, shape, turn(things) if flipped else things, why)
        self.matrices[symbol] = values

    def refuse_nesting(self, name: str, node: Node, shape: tuple[int, ...], letters: Shape) -> None:
        """Say how a matrix should have been nested."""
        heads = self.dims.heads
        if len(shape) == HEADS and name in WEIGHTS:
            message = _(
                "{name} is a list of {count} matrices; heads is {heads}",
                name=name,
                count=shape[0],
                heads=heads,
            )
            self.report.error(node, message, _("one matrix a head, or one for all of them"))
            return
        how = {
            1: _("write [1, 0, 1]"),
            MATRIX: _("a matrix is a list of rows: [[1, 0], [0, 1]]"),
            HEADS: _("write {heads} matrices, one a head", heads=heads),
        }
        message = _(
            "{name} is {found}; expected {wanted} ({shape})",
            name=name,
            found=_(KINDS[len(shape)]),
            wanted=_(KINDS[len(letters)]),
            shape=" × ".join(turn(letters) if self.layout.lies(node) else letters),
        )
        self.report.error(node, message, how[len(letters)])

    def draw(self) -> None:
        """Draw the matrices that are left to an initialiser."""
        for symbol, value in list(self.matrices.items()):
            if isinstance(value, Drawn):
                drawn = self.fill(config_name(symbol), symbol, value, self.letters[symbol])
                self.matrices[symbol] = value if drawn is None else drawn

    def fill(self, name: str, symbol: str, drawn: Drawn, letters: Shape) -> Array | None:
        """Draw one matrix; None, and an error in the report, where its size is unknown."""
        shape = drawn.shape or self.dims.of(letters)
        if shape is not None:
            return drawn.fill(name, symbol, shape, self.report)
        written = turn(letters) if self.layout.lies(drawn.node) else letters
        message = _(
            "{name} is {shape}, and nothing determines {unknown}",
            name=name,
            shape=" × ".join(written),
            unknown=either(self.dims.unknown(letters)),
        )
        hint = _("add shape: [{letters}] as numbers", letters=", ".join(written))
        self.report.error(drawn.node, message, hint)
        return None


def join_heads(values: Array, symbol: str, heads: int, *, flipped: bool) -> Array:
    """Bring a matrix into the page's layout: tokens as rows, and the heads' own matrices side by side.

    ``flipped``: it was written transposed, or each head's was; a bias may then be a column. Head i owns the
    i-th block of columns; of Wo, which takes what the heads give, of rows. What does not fit is returned as
    it is, for its shape to be refused.
    """
    if symbol in BIASES:
        whole = len(values) in {1, heads} or (flipped and values.shape[1:] == (1,))
        return values.reshape(-1) if values.ndim == MATRIX and whole else values
    if flipped:
        values = turn(values)
    if symbol in WEIGHTS and values.ndim == HEADS and len(values) == heads:
        values = np.concatenate(list(values), axis=0 if symbol == "Wo" else 1)
    return np.ascontiguousarray(values) if flipped else values
