"""A checked problem, and the check: every key is read, and every shape compared with the others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from attncli.choices import LOSSES, MOST_DECIMALS, REDUCTIONS
from attncli.errors import AttnError
from attncli.language import _, plural
from attncli.ops.mask import Mask
from attncli.ops.op import lengths
from attncli.page.attention import CONSTANTS, Form
from attncli.page.chain_rule import forward_page
from attncli.problem.dimensions import Dimensions
from attncli.problem.document import nesting
from attncli.problem.givens import HEADS, Givens, config_name, shapes_in_letters
from attncli.problem.keys import (
    BIASES,
    PATHS,
    WEIGHTS,
    canonical,
    choice,
    place_of,
    read_context,
    read_scale,
    read_tokens,
)
from attncli.problem.masks import MaskReader, parts
from attncli.problem.matrices import Drawn, read_matrix
from attncli.problem.numbers import whole
from attncli.problem.targets import Target
from attncli.report import Report, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from attncli.ops.op import Array, Shape
    from attncli.page.page import Page
    from attncli.problem.assign import CellValue
    from attncli.problem.document import Mapping as Document
    from attncli.problem.document import Node


MAX_HEADS = 2**12


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Problem:
    """An attention problem, from the page's symbols and the config's names; all of it is problem.

    ``givens`` are float64 and read-only; weights are in-out, heads side by side, also where the config
    has them ``out_in``. ``letters`` has the shape of every possible row, ``sizes`` the number that each
    letter stands for, ``places`` where a target that is missing would stand.

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
    mask: Mask | None
    scale: float | None
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

    def shape(self, symbol: str) -> tuple[int, ...]:
        """The shape in numbers of a given or a row; a gradient has that of its symbol."""
        return lengths(self.letters[symbol], self.sizes)

    def __repr__(self) -> str:
        """Name the problem and its size."""
        sizes = ", ".join(f"{letter}={size}" for letter, size in self.sizes.items())
        return f"<Problem {self.name}: {sizes}>"


def build(root: Node, name: str, folder: Path, cells: Collection[CellValue], report: Report) -> Problem:
    """Check a whole document; ``cells`` are single numbers to be put in at the end.

    ``report`` holds the errors found before. Raises AttnErrors with all of them, in the order of the file.
    """
    document = canonical(root, report)
    heads = read_heads(document, report)
    loss = choice(document, "loss", LOSSES, report)
    reduction = choice(document, "reduction", REDUCTIONS, report)
    decimals = whole(document.get("decimals"), "decimals", report, least=0, most=MOST_DECIMALS)
    out_in = choice(document, "weights", ("in-out", "out-in"), report) == "out-in"
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
        message = _("bo needs Wo: it is the bias of O = C·Wo + bo")
        report.error(document.get("bo"), message, _("add Wo, or delete bo"))

    dims = Dimensions(heads, report)
    tokens = read_tokens(document, "", "n", dims, report)
    context_tokens = read_tokens(context, "context.", "m", dims, report) if context else None
    givens = Givens(dims, shapes_in_letters(form), folder, report, out_in)
    givens.read_keys(document, context)
    given_rows = givens.read_rows(document, form)
    form, mask, added = read_mask(
        document,
        form._replace(masked="M" in given_rows),
        dims,
        context_tokens if form.context else tokens,
        folder,
    )
    target = read_target(document, "target", "Y", loss, givens, tokens, cells)
    upstream = read_target(document, "upstream", "U", "upstream", givens, tokens, cells)

    page = forward_page(form, given_rows)
    leaves = (page.reads | {"O"}) - page.row.keys() - CONSTANTS
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
    if added is not None and "M" in page.row:
        values["B"] = added
    n = dims.sizes["n"]
    m = dims.sizes.setdefault("m", n if not form.context else len(context_tokens or ()))
    letters = givens.letters["M"]
    problem = Problem.of(
        name=name,
        tokens=tokens or default_tokens(n),
        context_tokens=(context_tokens or default_tokens(m)) if form.context else None,
        form=form,
        givens=values,
        given_rows=given_rows & leaves,
        out_in=out_in,
        mask=mask,
        scale=scale,
        sizes=dims.sizes,
        letters=givens.letters | {"B": letters[-2:] if added is None else letters[-added.ndim :]},
        target=target,
        upstream=upstream,
        loss=loss or "bce",
        reduction=reduction or "sum",
        decimals=4 if decimals is None else decimals,
        notes=idle_notes(givens, leaves, idle_mask=mask is not None and "M" not in page.row),
        places={key: place_of(document, (key,)) for key in ("target", "upstream")},
    )
    put_cells(problem, [item for item in cells if item.symbol not in {"Y", "U"}], report)
    report.raise_if_any()
    for value in values.values():
        value.setflags(write=False)
    return problem


def default_tokens(count: int) -> tuple[str, ...]:
    """Return ``1``, ``2``, …: the names of tokens that have none."""
    return tuple(map(str, range(1, count + 1)))


def read_mask(
    document: Document, form: Form, dims: Dimensions, key_tokens: tuple[str, ...] | None, folder: Path
) -> tuple[Form, Mask | None, Array | None]:
    """Read the mask, and settle whether the page has a row M: with a mask, or where M is given."""
    n, m = dims.sizes.get("n"), dims.sizes.get("m" if form.context else "n")
    reader = MaskReader(n, m, form.heads, key_tokens or (), folder, dims.report)
    if (node := document.get("mask")) is not None:
        reader.read(node)
    if not reader.masked:
        return form, None, None
    mask = Mask(reader.causal, reader.hidden, reader.matrix)
    return form._replace(masked=True, mask_added=reader.added is not None), mask, reader.added


def read_heads(document: Document, report: Report) -> int:
    """Read the number of heads; where it is wrong, the weights may still show it."""
    node = document.get("heads")
    heads = whole(node, "heads", report, least=1, most=MAX_HEADS)
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
    values = read_matrix(node, key, givens.folder, report, blank_rows=True)
    letters = givens.letters["O"]
    if isinstance(values, np.ndarray) and values.ndim == len(letters):
        givens.dims.sizes.setdefault("d_out", values.shape[-1])
    shape = givens.dims.of(letters)
    if isinstance(values, Drawn):
        values = givens.fill(key, symbol, values, letters)
    if values is None:
        return None
    for item in cells:
        item.put(values, [tokens, None][2 - values.ndim :], report)
    target = Target(key, values, node)
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
        givens.report.error(
            place_of(document, PATHS.get(symbol, (symbol,))),
            _("{name} is missing: {formula} needs it", name=config_name(symbol), formula=reader.formula),
            _(
                "write {name}, or give {row} itself: given: {{{row}: …}}",
                name=config_name(symbol),
                row=reader.symbol,
            ),
        )
    givens.report.raise_if_any()


def idle_notes(givens: Givens, leaves: Collection[str], *, idle_mask: bool) -> tuple[str, ...]:
    """Return the note that names the matrices, and the mask, that no row needs."""
    idle = [config_name(symbol) for symbol in givens.matrices if symbol not in leaves]
    idle += ["mask"] * idle_mask
    note = plural(
        "{names} is not used: what it leads to is given",
        "{names} are not used: what they lead to is given",
        len(idle),
        names=", ".join(idle),
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
            item.put(value, [problem.labels(letter) for letter in problem.letters[item.symbol]], report)
