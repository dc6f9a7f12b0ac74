"""A checked problem, and the check: every key is read, and every shape compared with the others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from attncli.choices import LAYOUTS, LOSSES, MOST_DECIMALS, REDUCTIONS
from attncli.errors import AttnError
from attncli.language import _, plural
from attncli.ops.heads import MOST_HEADS
from attncli.ops.op import lengths
from attncli.page.attention import Form, is_constant, is_number, literal
from attncli.page.chain_rule import forward_page
from attncli.page.lying import lying_row, turn, worded
from attncli.problem.dimensions import Dimensions
from attncli.problem.document import Mapping as Document
from attncli.problem.document import kind, nesting
from attncli.problem.givens import HEADS, Givens, config_name, shapes_in_letters
from attncli.problem.keys import (
    BIASES,
    NUMBERS,
    PATHS,
    ROWS,
    WEIGHTS,
    Layout,
    canonical,
    choice,
    place_of,
    read_context,
    read_layout,
    read_scale,
    read_tokens,
)
from attncli.problem.masks import MaskReader, parts
from attncli.problem.matrices import Drawn, read_matrix
from attncli.problem.numbers import cell, whole
from attncli.problem.targets import Target
from attncli.report import Report, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from attncli.ops.mask import Mask
    from attncli.ops.op import Array, Shape
    from attncli.page.page import Page
    from attncli.problem.assign import CellValue
    from attncli.problem.document import Node
    from attncli.problem.formulas import Writing


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Problem:
    """An attention problem, from the page's symbols and the config's names; all of it is problem.

    ``givens`` are float64 and read-only; weights are in-out, heads side by side, also where the config
    has them ``out_in``. Everything here has tokens as rows, also where they are ``lying``, which says how
    the problem is shown: with ``layout: columns`` every symbol stands for its transpose. ``letters`` has the
    shape of every possible row, ``sizes`` the number that each letter stands for, ``places`` where a target
    that is missing would stand.

    >>> Problem(X=[[1, 0], [0, 1]], Wq=[[1], [0]], Wk=[[0], [1]], Wv=[[1], [1]]).tokens
    ('1', '2')
    """

    name: str
    tokens: tuple[str, ...]
    context_tokens: tuple[str, ...] | None
    form: Form
    givens: Mapping[str, Array]
    given_rows: frozenset[str]
    out_in: bool
    lying: bool
    mask: Mask | None
    scale: float | None
    numbers: Mapping[str, float]
    sizes: Mapping[str, int]
    letters: Mapping[str, Shape]
    target: Target | None
    upstream: Target | None
    loss: str
    reduction: str
    decimals: int
    notes: tuple[str, ...]
    places: Mapping[str, Node]

    def __init__(self, **config: object) -> None:
        """Check the values; raises AttnErrors with everything that is wrong with them."""
        from attncli.problem.python import from_python  # noqa: PLC0415 - most problems are files

        vars(self).update(vars(build(from_python(config, "Problem"), "Problem", Path(), (), Report())))

    @classmethod
    def of(cls, **fields: Any) -> Self:  # noqa: ANN401 - any field
        """Return a problem with these fields, as they are."""
        problem = cls.__new__(cls)
        vars(problem).update(fields)
        return problem

    def changed(self, **fields: Any) -> Self:  # noqa: ANN401
        """Return the problem with other values in some fields, as they are."""
        return self.of(**vars(self) | fields)

    @property
    def key_tokens(self) -> tuple[str, ...]:
        """The tokens that are looked at."""
        return self.tokens if self.context_tokens is None else self.context_tokens

    def labels(self, letter: str) -> tuple[str, ...] | None:
        """The tokens along an axis, or None where it is only counted."""
        return {"n": self.tokens, "m": self.key_tokens}.get(letter)

    def shown_letters(self, symbol: str) -> Shape:
        """The shape in letters as it is shown."""
        return turn(self.letters[symbol]) if self.lying else self.letters[symbol]

    @property
    def layout(self) -> str:
        """How the problem is shown: "rows" or "columns"."""
        return LAYOUTS[self.lying]

    def words(self, text: str) -> str:
        """Write what is said of a page with tokens as rows as it is where this one is shown."""
        return worded(text, lying=self.lying)

    def shown_given(self, symbol: str) -> Array:
        """The numbers of a given as they are shown."""
        return turn(self.givens[symbol]) if self.lying else self.givens[symbol]

    def shape(self, symbol: str) -> tuple[int, ...]:
        """The shape in numbers of a given or a row; a gradient has that of its symbol."""
        return lengths(self.letters[symbol], self.sizes)

    def __repr__(self) -> str:
        """Name the problem and its size."""
        sizes = ", ".join(f"{letter}={size}" for letter, size in self.sizes.items())
        return f"<Problem {self.name}: {sizes}>"


def build(
    root: Node,
    name: str,
    folder: Path,
    cells: Collection[CellValue],
    report: Report,
    written: Node | None = None,
) -> Problem:
    """Check a whole document; ``cells`` are single numbers to be put in at the end.

    ``written`` is the document before the command line changed it, ``report`` holds the errors found before.
    Raises AttnErrors with all of them, in the order of the file.
    """
    layout = read_layout(root, written or root, report)
    writing = read_writing(root, layout, report)
    document = canonical(root, writing.known if writing else (), report)
    heads = read_heads(document, report)
    loss = choice(document, "loss", LOSSES, report)
    reduction = choice(document, "reduction", REDUCTIONS, report)
    decimals = whole(document.get("decimals"), "decimals", report, least=0, most=MOST_DECIMALS)
    out_in = read_weights(document, layout, report)
    context = read_context(document, report)
    scale_symbol, scale = read_scale(document, report)
    form = Form(
        heads=heads,
        context=context is not None,
        context_values=context is not None and context.get("values") is not None,
        biases=frozenset(bias for bias in BIASES if document.get(bias) is not None),
        scale=scale_symbol,
        masked=True,  # until the mask has been read, which needs n and m
        output_weights=document.get("Wo") is not None,
    )
    if "bo" in form.biases and not form.output_weights:
        message = worded(_("bo needs Wo: it is the bias of O = C·Wo + bo"), lying=layout.written)
        report.error(document.get("bo"), message, _("add Wo, or delete bo"))

    dims = Dimensions(heads, report, layout.written)
    tokens = read_tokens(document, "", "n", dims, report)
    context_tokens = read_tokens(context, "context.", "m", dims, report) if context else None
    givens = Givens(dims, shapes_in_letters(form), folder, report, out_in, layout)
    if writing:
        givens.turned = {*WEIGHTS, *writing.factors}
        writing.cut(givens.letters, heads)
    givens.read_keys(document, context, writing.known if writing else None)
    given_rows = givens.read_rows(document, form)
    form, mask, added = read_mask(
        document,
        form._replace(masked="M" in given_rows),
        dims,
        context_tokens if form.context else tokens,
        folder,
        layout,
    )
    if writing:
        report.raise_if_any()
        form = writing.settle(form, given_rows, givens)
        report.raise_if_any()
    target = read_target(document, "target", "Y", loss, givens, tokens, cells)
    upstream = read_target(document, "upstream", "U", "upstream", givens, tokens, cells)

    page = forward_page(form, given_rows)
    numbers = read_numbers(document, page, report)
    leaves = {symbol for symbol in page.reads | {form.output} if not is_constant(symbol)} - page.row.keys()
    refuse_missing([symbol for symbol in givens.letters if symbol in leaves], page, givens, document)
    if "√d_k" in page.reads and "d_k" not in dims.sizes and "S" in given_rows:
        report.error(
            givens.nodes.get("S"),
            _("S is given, so nothing determines d_k in Z = S/√d_k"),
            _("write the scale as a number (scale: 0.5 is 1/√4), or scale: false"),
        )
    report.raise_if_any()
    givens.draw()
    report.raise_if_any()

    values = {
        symbol: value
        for symbol, value in givens.matrices.items()
        if symbol in leaves and not isinstance(value, Drawn)
    }
    if added is not None and "B" in page.reads:
        values["B"] = added
    n = dims.sizes.setdefault("n", lengths(givens.letters[form.output], dims.sizes)[0])
    m = dims.sizes.setdefault("m", n if not form.context else len(context_tokens or ()))
    letters = givens.letters.get("M", ("n", "m"))
    problem = Problem.of(
        name=name,
        tokens=tokens or default_tokens(n),
        context_tokens=(context_tokens or default_tokens(m)) if form.context else None,
        form=form,
        givens=values,
        given_rows=given_rows & leaves,
        out_in=out_in,
        lying=layout.shown,
        mask=mask,
        scale=scale,
        numbers=numbers,
        sizes=dims.sizes,
        letters=givens.letters | {"B": letters[-2:] if added is None else letters[-added.ndim :]},
        target=target,
        upstream=upstream,
        loss=loss or "bce",
        reduction=reduction or "sum",
        decimals=4 if decimals is None else decimals,
        notes=idle_notes(givens, leaves, form.output, idle_rules(document, page, masked=mask is not None)),
        places={key: place_of(document, (key,)) for key in ("target", "upstream")},
    )
    put_cells(problem, [item for item in cells if item.symbol not in {"Y", "U"}], report)
    report.raise_if_any()
    for value in values.values():
        value.setflags(write=False)
    return problem


def read_weights(document: Document, layout: Layout, report: Report) -> bool:
    """Read whether weights are written out-in, which they are already where they lie."""
    out_in = choice(document, "weights", ("in-out", "out-in"), report) == "out-in"
    if out_in and True in layout:
        report.error(
            document.get("weights"),
            _("weights: out-in and layout: columns do not go together: lying, weights are out × in already"),
            _("keep one of them"),
        )
    return out_in


def read_writing(root: Node, layout: Layout, report: Report) -> Writing | None:
    """Read the formulas that a config has of its own, and its output; None where it has neither."""
    if not isinstance(root, Document) or root.pairs.keys().isdisjoint({"formulas", "output"}):
        return None
    from attncli.problem import formulas  # noqa: PLC0415 - most problems are the lesson's

    return formulas.read_writing(root, layout, report)


def read_numbers(document: Document, page: Page, report: Report) -> dict[str, float]:
    """Return the numbers that formulas read: those written in them, ε, and the base of rotary positions."""
    found: dict[str, float] = {symbol: literal(symbol) for symbol in page.reads if is_number(symbol)}
    for symbol, (key, usual) in NUMBERS.items():
        node = document.get(key)
        number = usual if node is None else cell(node, key, report)
        if node and (number < 0 or (number == 0 and symbol != "ε")):
            message = _("{name} is {found}; expected a positive number", name=key, found=kind(node))
            report.error(node, message, _("{number:g} is usual", number=usual))
        if symbol in page.reads:
            found[symbol] = number
    return found


def default_tokens(count: int) -> tuple[str, ...]:
    """Return ``1``, ``2``, …: the names of tokens that have none."""
    return tuple(map(str, range(1, count + 1)))


def read_mask(
    document: Document,
    form: Form,
    dims: Dimensions,
    key_tokens: tuple[str, ...] | None,
    folder: Path,
    layout: Layout,
) -> tuple[Form, Mask | None, Array | None]:
    """Read the mask, and settle whether the page has a row M: with a mask, or where M is given."""
    n, m = dims.sizes.get("n"), dims.sizes.get("m" if form.context else "n")
    reader = MaskReader(n, m, form.heads, key_tokens or (), folder, dims.report)
    if (node := document.get("mask")) is not None:
        reader.lying = layout.lies(node)
        reader.read(node)
    if not reader.masked:
        return form, None, None
    return form._replace(masked=True, mask_added=reader.added is not None), reader.mask, reader.added


def read_heads(document: Document, report: Report) -> int:
    """Read the number of heads; where it is wrong, the weights may still show it."""
    node = document.get("heads")
    heads = whole(node, "heads", report, least=1, most=MOST_HEADS)
    if heads is None and node is not None:
        weights = [weight for symbol in WEIGHTS if (weight := document.get(symbol))]
        return next((len(parts(weight)) for weight in weights if nesting(weight) == HEADS), 1)
    return heads or 1


def read_target(
    document: Document,
    key: str,
    symbol: str,
    loss: str | None,
    givens: Givens,
    tokens: tuple[str, ...] | None,
    cells: Iterable[CellValue],
) -> Target | None:
    """Read the target or the upstream gradient, and check it against the loss that the config names.

    Where Wo is still to be drawn, the target's columns say how many the output has.
    """
    report, node = givens.report, document.get(key)
    cells = [item for item in cells if item.symbol == symbol]
    if node is None:
        for item in cells:
            message = _("there is no {key} in this problem", key=key)
            report.error(item.key, message, _("add {key}: with a matrix like O", key=key))
        return None
    letters, lying = givens.letters[symbol], givens.layout.lies(node)
    values = read_matrix(node, key, givens.folder, report, blank_rows=True, blank_cells=lying)
    values = values.turned if lying and isinstance(values, Drawn) else turn(values) if lying else values
    if isinstance(values, np.ndarray) and values.ndim == len(letters):
        givens.dims.sizes.setdefault("d_out", values.shape[-1])
    shape = givens.dims.of(letters)
    if isinstance(values, Drawn):
        values = givens.fill(key, symbol, values, letters)
    if values is None:
        return None
    for item in cells:
        item.put(values, [tokens, None][2 - values.ndim :], report, lying=givens.layout.shown)
    target = Target(key, values, node, lying)
    if shape is not None and (loss == "upstream") == (key == "upstream"):
        try:
            target.check(loss, *shape)
        except AttnError as error:
            for one in error.errors:
                report.add(one)
    return target


def refuse_missing(needed: list[str], page: Page, givens: Givens, document: Document) -> None:
    """Say which matrices are missing, and what needs them: in a note, where there are other errors."""
    missing = [symbol for symbol in needed if symbol not in givens.nodes]
    names = ", ".join(map(config_name, missing))
    givens.report.raise_if_any([_("still to write: {names}", names=names)] * bool(missing))
    for symbol in missing:
        reader = next(row for row in page.rows if symbol in dict(row.reads))
        formula = lying_row(reader).formula if givens.layout.shown else reader.formula
        givens.report.error(
            place_of(document, PATHS.get(symbol, (symbol,))),
            _("{name} is missing: {formula} needs it", name=config_name(symbol), formula=formula),
            _(
                "write {name}, or give {row} itself: given: {{{row}: …}}",
                name=config_name(symbol),
                row=reader.symbol,
            ),
        )
    givens.report.raise_if_any()


def idle_rules(document: Document, page: Page, *, masked: bool) -> list[str]:
    """Name the mask, and the numbers for formulas, where the config has them and no row needs them."""
    there = {"mask": masked} | {key: document.get(key) is not None for key, _usual in NUMBERS.values()}
    symbols = {"mask": "mask"} | {key: symbol for symbol, (key, _usual) in NUMBERS.items()}
    return [key for key, found in there.items() if found and symbols[key] not in page.reads]


def idle_notes(givens: Givens, leaves: Collection[str], output: str, rules: Iterable[str]) -> tuple[str, ...]:
    """Return the note that names the matrices that no row needs, and ``rules``: the mask, numbers."""
    idle = [config_name(symbol) for symbol in (*givens.matrices, *givens.waiting) if symbol not in leaves]
    idle += rules
    names = {"names": ", ".join(idle), "output": output}
    note = plural(
        "{names} is not used: what it leads to is given",
        "{names} are not used: what they lead to is given",
        len(idle),
        **names,
    )
    if not givens.nodes.keys() & set(ROWS):
        note = plural(
            "{names} is not used: the output {output} does not depend on it",
            "{names} are not used: the output {output} does not depend on them",
            len(idle),
            **names,
        )
    return (note,) if idle else ()


def put_cells(problem: Problem, cells: Iterable[CellValue], report: Report) -> None:
    """Put single numbers in: ``--set 'Wq[1,2]=0.5'``."""
    for item in cells:
        value = problem.givens.get(item.symbol)
        if value is None:
            otherwise = _("given are {names}", names=", ".join(problem.givens))
            hint = did_you_mean(item.symbol, problem.givens, otherwise)
            message = _("{symbol} is not given in this problem", symbol=item.symbol[:40])
            report.error(item.key, message, hint)
        else:
            labels = [problem.labels(letter) for letter in problem.letters[item.symbol]]
            item.put(value, labels, report, lying=problem.lying)
