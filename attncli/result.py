"""What a calculation gives: the page with its numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from attncli.errors import AttnError
from attncli.language import _
from attncli.names import MATRIX, STAR, cell_name, locate, parse_cell
from attncli.ops.expression import ASCII, Expression, Number, cells_of, paper, spell
from attncli.ops.softmax import SAFE, Softmax
from attncli.page.attention import is_number
from attncli.page.chain_rule import whole_page
from attncli.page.lazy import LazyPage
from attncli.page.lying import lying_page, turn
from attncli.page.noise import MOST, Errors
from attncli.page.operands import operand
from attncli.page.tables import MOST as MOST_SHOWN
from attncli.page.tables import html_matrix, html_page, html_table, number_text
from attncli.report import not_on_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, ValuesView

    from attncli.ops.op import Array, Shape
    from attncli.page.operands import Constant, Placed
    from attncli.page.page import Page, Row
    from attncli.problem.problem import Problem
    from attncli.rounding import Rounding


Turned = TypeVar("Turned")
Spelling = Callable[["Expression"], str]
ROWS_AT_ONCE = 256
SCHEMA = 1
LARGEST_EXACT = 2.0**53
LARGEST_JACOBIAN = 4096


class Loss(NamedTuple):
    """Which loss was taken, and what it came to."""

    name: str
    reduction: str
    value: float


class Values(dict[str, "Array"]):
    """The numbers by symbol; called, as a mapping's ``values`` is, it is the view of them."""

    def __call__(self) -> ValuesView[Array]:
        """The numbers without their symbols."""
        return super().values()


@Mapping.register  # to inherit from it would make its method a default of the field values
@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """The page of one problem with its numbers: the givens and every row that was wanted.

    It is a mapping of the symbols, in the page's order, to their numbers.
    ``given`` has all that the page reads and does not compute, numbers such as √d_k and the mask too.
    ``exact`` holds the rows as they are without rounding, where ``values`` were rounded on the way. All of it
    lies where the problem's layout is that of columns.
    """

    problem: Problem
    page: Page
    values: Values
    given: Mapping[str, Any]
    loss: Loss | None = None
    exact: Mapping[str, Array] | None = None
    rounding: Rounding | None = None

    keys, items, get = Mapping.keys, Mapping.items, Mapping.get

    def __getitem__(self, symbol: str) -> Array:
        """The value of a given or a row; heads first where it has them."""
        if symbol not in self.values:
            raise KeyError(_("{symbol}; there are {known}", symbol=symbol, known=", ".join(self.values)))
        return self.values[symbol]

    def __contains__(self, symbol: object) -> bool:
        """Whether there is a value of this symbol."""
        return symbol in self.values

    def __iter__(self) -> Iterator[str]:
        """The symbols: the givens, then the rows in the page's order."""
        return iter(self.values)

    def __len__(self) -> int:
        """How many values there are."""
        return len(self.values)

    def __repr__(self) -> str:
        """Name the problem and what is held of it."""
        return f"<Result of {self.problem.name}: {', '.join(self.values)}>"

    def _repr_html_(self) -> str:
        """Every matrix as a table, for notebooks."""
        return html_page(self.problem.name, (table for symbol in self for table in self.html_tables(symbol)))

    def html_tables(self, symbol: str) -> Iterator[str]:
        """Yield a value as an HTML table, one a head; of many heads only the first."""
        value, labels, formula = self.shown(symbol), self.labels(symbol), self.formula(symbol)
        names = [None, None, *labels][-2:]
        heads = value.reshape(-1, *((1, 1, *value.shape)[-2:]))
        for i, matrix in enumerate(heads[:MOST_SHOWN], 1):
            caption = f"{formula}, {_('head {number}', number=i)}" if value.ndim > 2 else formula  # noqa: PLR2004
            yield html_matrix(matrix, names, caption, self.decimals)

    @property
    def shown_so(self) -> Result:
        """The same in the layout in which the problem is shown: lying, if it has tokens as columns."""
        if not self.problem.lying:
            return self

        def turned(values: Mapping[str, Any]) -> dict[str, Any]:
            return {symbol: turn(value) for symbol, value in values.items()}

        return replace(
            self,
            page=lying_page(self.page),
            values=Values(turned(self.values)),
            given=turned(self.given),
            exact=None if self.exact is None else turned(self.exact),
        )

    def turn(self, value: Turned) -> Turned:
        """Turn a matrix, a shape or an index to where tokens are rows, or back from there."""
        return turn(value) if self.problem.lying else value

    def words(self, text: str) -> str:
        """Write what is said of a page with tokens as rows as it is for this one."""
        return self.problem.words(text)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows whose values are held, in the page's order."""
        return tuple(row for row in self.page.rows if row.symbol in self.values)

    @property
    def constants(self) -> dict[str, float]:
        """The numbers that stand in the page's formulas as letters, such as √d_k."""
        return {
            symbol: value
            for symbol, value in self.given.items()
            if symbol in self.page.reads and isinstance(value, float) and not is_number(symbol)
        }

    @property
    def decimals(self) -> int:
        """How many decimals are usually shown: those rounded to, else the config's."""
        return self.problem.decimals if self.rounding is None else self.rounding.decimals

    def formula(self, symbol: str) -> str:
        """``S = Q·Kᵀ``; a given stands for itself."""
        row = self.page.row.get(symbol)
        return row.formula if row else symbol

    def letters(self, symbol: str) -> Shape:
        """The shape in letters."""
        return letters_of(self.problem, symbol)

    def labels(self, symbol: str) -> list[tuple[str, ...] | None]:
        """Return the tokens along each axis of a value, or None where it is only counted."""
        return [self.problem.labels(letter) for letter in self.letters(symbol)]

    def cell_name(self, symbol: str, index: tuple[int, ...]) -> str:
        """Name a cell: ``A[2][Death,wind]``; with one index less a token's whole row, lying its column."""
        labels = self.labels(symbol)
        whole = len(index) == len(labels)
        return cell_name(symbol, index, labels if whole else self.turn(tuple(labels)))

    @cached_property
    def known(self) -> LazyPage:
        """Every value of the page: those that are held, and the others as they are asked for."""
        rounded = self.rounding.matrix if self.rounding else None
        return LazyPage(self.page, {**self.given, **self.values}, (), rounded)

    @cached_property
    def errors(self) -> Errors:
        """How far rounding may have carried each value; a large row that is not held is not made for it."""
        sizes = self.problem.sizes
        large = sizes["h"] * sizes["n"] * sizes["m"] > MOST
        return Errors(self.page.row, {**self.given, **self.values} if large else self.known)

    def noise(self, symbol: str) -> Array | float:
        """Return the size below which a number of a row is only what rounding leaves of 0, cell by cell.

        Numbers that were rounded on the way as a person does have none.
        """
        return 0.0 if self.rounding else self.errors.noise(symbol)

    def shown(self, symbol: str) -> Array:
        """Return a value as screens show it: 0 where it is only rounding, so that no processor matters."""
        value = self[symbol]
        return value if self.rounding else self.errors.without_noise(symbol, value)

    @property
    def blind_tokens(self) -> list[int]:
        """The query tokens for which everything is masked, in some head at least: their weights are all 0."""
        if "M" not in self.page.reads:
            return []
        given, mask = self.problem.givens.get("M"), self.problem.mask
        n, m = self.problem.sizes["n"], self.problem.sizes["m"]
        if given is None and mask is None:
            return []
        found: list[int] = []
        for start in range(0, n, ROWS_AT_ONCE):  # never the whole mask: it may be large
            rows = slice(start, min(start + ROWS_AT_ONCE, n))
            if given is not None:
                hidden = np.isneginf(given[..., rows, :])
            elif mask is not None:
                hidden = ~mask.rows(rows).allowed(rows.stop - start, m)
            blind = hidden.all(axis=-1).reshape(-1, rows.stop - start).any(axis=0)
            found += (start + np.flatnonzero(blind)).tolist()
        return found

    def drift(self, symbol: str) -> float | None:
        """How far rounding on the way has carried a row from its exact value, at most; None without it."""
        if self.exact is None or symbol not in self.exact:
            return None
        ours, exact = self.values[symbol], self.exact[symbol]
        finite = np.isfinite(ours) & np.isfinite(exact)
        return float(np.abs(ours[finite] - exact[finite]).max(initial=0.0))

    def explain(self, cell: str) -> Explanation | RowExplanation:
        """Return where one number comes from: ``A[Death,wind]``, ``A[1,5]``, ``A[2][1,5]``, ``L``.

        ``A[Death]`` is a whole row, ``(*)[Death]`` the derivative of the softmax there. Raises AttnError
        where there is no such cell.
        """
        name, indices = parse_cell(cell)
        star = name == STAR and "A" in self.values
        symbol = "A" if star else name
        if symbol not in self.values:
            raise not_on_page(name, self.values)
        shape, labels = self.values[symbol].shape, self.labels(symbol)
        if star:
            self.check_star(indices)
        if star or (len(shape) >= MATRIX and len(indices) == len(shape) - 1):
            kind = Jacobian if star else RowExplanation
            shape, names = self.turn(shape), self.turn(tuple(labels))
            return kind(self, symbol, locate(name, indices, shape[:-1], names[:-1]))
        return Explanation(self, symbol, locate(symbol, indices, shape, labels))

    def check_star(self, indices: Sequence[str]) -> None:
        """Refuse a (*) that is not one matrix, or one that is too large."""
        *lead, m = self.turn(self.values["A"].shape)
        if len(indices) != len(lead):
            place = self.cell_name("A", (0,) * len(lead)).removeprefix("A")
            raise AttnError(
                _("{name} is a matrix for each row of A; name one row of A", name=STAR),
                hint=_("like {example}", example=f"{STAR}{place}"),
            )
        if m > LARGEST_JACOBIAN:
            raise AttnError(
                _("{name} has {m} × {m} numbers here, which is too many", name=STAR, m=m),
                hint=_("a single gradient shows how it is used: {example}", example="dZ[1,1]"),
            )

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints, at full precision: only numbers, words, lists and dictionaries."""
        problem, loss, rounding = self.problem, self.loss, self.rounding
        return {
            "schema": SCHEMA,
            "config": problem.name,
            "tokens": list(problem.tokens),
            "context_tokens": None if problem.context_tokens is None else list(problem.context_tokens),
            **({"layout": problem.layout} if problem.lying else {}),
            "heads": problem.form.heads,
            **{letter: problem.sizes.get(letter) for letter in ("d_model", "d_k", "d_v")},
            "loss": loss
            and {"name": loss.name, "reduction": loss.reduction, "value": plain(np.asarray(loss.value))},
            "rows": [
                {
                    "symbol": row.symbol,
                    "pass": "backward" if row.backward else "forward",
                    "formula": row.formula,
                    "shape": list(self[row.symbol].shape),
                }
                for row in self.rows
            ],
            **({"rounding": {"decimals": rounding.decimals, "mode": rounding.mode}} if rounding else {}),
            "values": {symbol: plain(value) for symbol, value in self.values.items()},
        }


def letters_of(problem: Problem, symbol: str) -> Shape:
    """Return a symbol's shape in letters, as it is shown; a gradient has that of its quantity."""
    if symbol not in problem.letters:
        page = whole_page(problem.form, problem.given_rows, "bce", mean=False)  # it has every gradient
        symbol = page.row[symbol].of
    return problem.shown_letters(symbol)


def plain(value: Array) -> Any:  # noqa: ANN401 - nested lists of any depth
    """Return an array as nested lists; whole matrices of whole numbers as integers.

    What JSON cannot hold becomes the string "-inf", "inf" or "nan".
    """
    if not value.ndim:
        number = float(value)
        if number.is_integer() and abs(number) < LARGEST_EXACT:
            return int(number)
        return number if math.isfinite(number) else str(number)
    if np.isfinite(value).all():
        whole = (np.abs(value) < LARGEST_EXACT).all() and (value == np.rint(value)).all()
        return value.astype(np.int64).tolist() if whole else (value + 0.0).tolist()
    return spell_out((value + 0.0).tolist())


def spell_out(nested: Any) -> Any:  # noqa: ANN401
    """Spell out the numbers that JSON does not have."""
    if isinstance(nested, list):
        return [spell_out(item) for item in nested]
    return nested if math.isfinite(nested) else str(nested)


@dataclass(frozen=True)
class Place:
    """What is explained: a cell of a quantity, or a whole row of it."""

    result: Result
    symbol: str
    index: tuple[int, ...]

    @property
    def row(self) -> Row | None:
        """The row of the page; None for a given."""
        return self.result.page.row.get(self.symbol)

    @property
    def name(self) -> str:
        """``A[2][Death,wind]``, ``A[2][Death]``."""
        return self.result.cell_name(self.symbol, self.index)


class Explanation(Place):
    """One cell: its row, its arithmetic with the numbers put in, and what it was made from."""

    def name_of(self, symbol: str, index: tuple[int, ...]) -> str:
        """Name any cell of the same page."""
        return self.result.cell_name(symbol, index)

    @property
    def value(self) -> float:
        """The number that stands in the cell."""
        return float(self.result.values[self.symbol][self.index])

    @property
    def shown(self) -> float:
        """The number as screens show it: 0 where it is only rounding."""
        return float(self.result.shown(self.symbol)[self.index])

    @cached_property
    def expression(self) -> Expression:
        """The arithmetic that makes it; a given is just its number."""
        if self.row is None:
            return Number(self.value)
        return self.row.op.cell(self.index, *self.operands)

    @cached_property
    def on_paper(self) -> Expression:
        """The same as a person writes it, e^−∞ in a masked weight too."""
        if self.row is None:
            return self.expression
        return self.row.op.cell_on_paper(self.index, *self.operands)

    @property
    def operands(self) -> list[Placed | Constant]:
        """What the row reads."""
        known, sizes = self.result.known, self.result.problem.sizes
        return [operand(known, sizes, *read) for read in self.row.reads] if self.row else []

    @property
    def sources(self) -> Iterator[Explanation]:
        """The cells that it was made from, each once."""
        return self.cells(self.on_paper)

    def cells(self, expression: Expression) -> Iterator[Explanation]:
        """Yield the cells of its arithmetic, each once."""
        for cell in cells_of(expression) if self.row else ():
            yield Explanation(self.result, cell.symbol, cell.index)

    def spelling(self, expression: Expression) -> str:
        """Write arithmetic as on paper, with the decimals that are shown."""
        decimals = self.result.decimals
        return spell(expression, paper(lambda number: number_text(number, decimals), MOST_SHOWN))

    def _repr_html_(self) -> str:
        """The cell and those that it was made from, each with its arithmetic, for notebooks."""
        decimals = self.result.decimals
        lines = [[_("cell"), _("formula"), _("with the numbers"), _("value")]]
        for one in [self, *islice(self.sources, MOST_SHOWN)]:
            worked = self.spelling(one.expression) if one.row else _("given")
            lines.append([one.name, one.result.formula(one.symbol), worked, number_text(one.shown, decimals)])
        return html_table(lines)

    def to_dict(
        self, depth: int = 1, substituted: Spelling | None = None, seen: set[str] | None = None
    ) -> dict[str, Any]:
        """Return the record that ``--json`` prints; ``substituted`` writes an expression as on paper.

        A cell that stands earlier in the same record is not opened again.
        """
        substituted = substituted or self.spelling
        seen = set() if seen is None else seen
        sources = self.cells(self.expression) if depth > 0 and self.name not in seen else ()
        seen.add(self.name)
        return {
            "cell": self.name,
            "index": list(self.index),
            "formula": self.result.formula(self.symbol),
            "substituted": substituted(self.expression),
            "expression": spell(self.expression, ASCII),
            "value": self.value if np.isfinite(self.value) else spell(Number(self.value), ASCII),
            "from": [source.to_dict(depth - 1, substituted, seen) for source in sources],
        }


class RowExplanation(Place):
    """A whole row of a quantity, lying a whole column: its cells, and for a softmax the steps to it."""

    def line(self, matrix: Array) -> Array:
        """Return this row of a matrix."""
        numbers: Array = self.result.turn(matrix)[self.index]
        return numbers

    @property
    def tokens(self) -> tuple[str, ...] | None:
        """The tokens along it, or None where it is only counted."""
        return self.result.turn(tuple(self.result.labels(self.symbol)))[-1]

    @property
    def value(self) -> Array:
        """The numbers of the row."""
        return self.line(self.result.values[self.symbol])

    @property
    def shown(self) -> Array:
        """The numbers as screens show them."""
        return self.line(self.result.shown(self.symbol))

    @property
    def sources(self) -> Iterator[Explanation]:
        """Its cells."""
        indices = (self.result.turn((*self.index, j)) for j in range(len(self.value)))
        return (Explanation(self.result, self.symbol, index) for index in indices)

    @cached_property
    def softmax(self) -> dict[str, Array]:
        """The steps of a softmax: the scores z, e^z and their sum, in every column; else nothing.

        Where a z is too large for e^z, the row's largest is taken off first.
        """
        if self.row is None or not isinstance(self.row.op.upright, Softmax):
            return {}
        z = self.line(self.result.known[self.row.args[0]])
        top = z.max(initial=-np.inf, where=np.isfinite(z))
        steps = {"z": z}
        name = "z"
        if np.abs(z).max(where=np.isfinite(z), initial=0.0) > SAFE:
            name = "(z − max)"
            steps["z − max"] = z = z - top
        powers = np.exp(z)
        return {**steps, f"e^{name}": powers, f"Σe^{name}": np.full_like(powers, powers.sum())}

    def _repr_html_(self) -> str:
        """The row, below the steps of a softmax, for notebooks."""
        lines = np.array([*self.softmax.values(), self.shown])
        names = [[*self.softmax, self.symbol], self.tokens]
        return html_matrix(lines, names, self.name, self.result.decimals)

    def to_dict(self, depth: int = 1, substituted: Spelling | None = None) -> dict[str, Any]:
        """Return the record that ``--json`` prints; its cells are what it was made from."""
        names = ("z", "z_minus_max") if len(self.softmax) > 3 else ("z",)  # noqa: PLR2004
        steps = dict(zip((*names, "exp", "sum"), map(plain, self.softmax.values()), strict=False))
        seen: set[str] = set()
        cells = self.sources if depth > 0 else ()
        return {
            "cell": self.name,
            "index": list(self.index),
            "formula": self.result.formula(self.symbol),
            "value": plain(self.value),
            **({"steps": steps} if steps else {}),
            "from": [cell.to_dict(depth - 1, substituted, seen) for cell in cells],
        }


class Jacobian(RowExplanation):
    """The article's (*) at one row of A: ∂A_i/∂Z_k, a line for each i; it takes dA to dZ."""

    @property
    def name(self) -> str:
        """``(*)[2][Death]``."""
        return STAR + super().name.removeprefix(self.symbol)

    @property
    def scores(self) -> str:
        """What the softmax is taken of: Z, or M behind a mask."""
        return self.row.args[0] if self.row else "Z"

    @property
    def formula(self) -> str:
        """What stands in it."""
        a, z = super().name, self.result.cell_name(self.scores, self.index)
        return f"∂{a}_i/∂{z}_k = a_i(1 − a_i), i = k;  −a_i·a_k, i ≠ k"

    @property
    def sources(self) -> Iterator[Explanation]:
        """No cells: it is explained as a table."""
        return iter(())

    @cached_property
    def value(self) -> Array:
        """The matrix; under rounding as a person rounds it."""
        a = super().value
        matrix = np.diag(a) - np.outer(a, a)
        return self.result.rounding.matrix(matrix) if self.result.rounding else matrix

    @cached_property
    def use(self) -> dict[str, Array]:
        """How it is used: dA, dA·(*) and dZ of this row; nothing where there is no backward pass."""
        da, dz = f"d{self.symbol}", f"d{self.scores}"
        if not {da, dz} <= self.result.values.keys():
            return {}
        arriving = self.line(self.result.shown(da))
        product: Array = arriving @ self.value
        if self.result.rounding:
            product = self.result.rounding.matrix(product)
        else:
            product = np.where(self.line(self.result.shown(dz)) == 0, 0.0, product)
        return {
            da: arriving,
            self.result.words(f"{da}·{STAR}"): product,
            dz: self.line(self.result.shown(dz)),
        }

    def _repr_html_(self) -> str:
        """The matrix, for notebooks."""
        return html_matrix(
            self.value, [self.tokens, self.tokens], f"{self.name} = {self.formula}", self.result.decimals
        )

    def to_dict(self, depth: int = 1, substituted: Spelling | None = None) -> dict[str, Any]:  # noqa: ARG002
        """Return the record that ``--json`` prints."""
        return {
            "cell": self.name,
            "index": list(self.index),
            "formula": self.formula,
            "value": plain(self.value),
            "use": {symbol: plain(numbers) for symbol, numbers in self.use.items()},
            "from": [],
        }
