"""A page with lines of one's own: where they stand among the lesson's rows, and which operations they are.

Lines are put in order with the lesson's rows, and gone through from the embeddings to the output. There each
finds out which operation it is from what goes in (a sum with a vector is another one than that of two
matrices), and each matrix that it reads gets the letters of its shape.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from attncli.language import N_, _
from attncli.names import from_ascii
from attncli.ops.heads import CONCAT, REPEAT, SPLIT, is_count, times
from attncli.ops.linear import MatMul
from attncli.page.attention import attention_rows, in_order, is_number, literal
from attncli.page.chain_rule import whole_page
from attncli.page.lying import turn, worded
from attncli.page.page import Page, Row
from attncli.page.writing import MOST_LETTERS
from attncli.problem.dimensions import shape_text
from attncli.problem.document import Scalar, kind
from attncli.problem.keys import KEYS, ROWS, place_of
from attncli.problem.lines import GIVENS, Line, factors, is_constant, own_givens, read_lines, words
from attncli.problem.matrices import Drawn
from attncli.report import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from attncli.ops.op import Shape
    from attncli.page.attention import Form
    from attncli.problem.document import Mapping, Node
    from attncli.problem.givens import Givens
    from attncli.problem.keys import Layout
    from attncli.report import Report


MATRIX = 2  # axes
# What a formula reads by a name that the config has elsewhere, and where.
ELSEWHERE = {
    "c": N_("c is scale: write scale: with a number"),
    "mask": N_("write mask: true, or another mask"),
    "B": N_("B is what a mask adds: write mask: {add: matrix}"),
    "√d_k": N_("√d_k is that of Q's columns, and there is no Q here: write the number"),
}


def read_writing(document: Mapping, layout: Layout, report: Report) -> Writing:
    """Read the lines and the output of a config; what is wrong is in the report."""
    output, place = document.get("output"), place_of(document, ("output",))
    if output is not None and not isinstance(output, Scalar):
        message = _("{name} is {found}; expected the name of a quantity", name="output", found=kind(output))
        report.error(output, message, _("like output: R"))
    before = len(report.errors)
    name = output.text if isinstance(output, Scalar) else "O"
    writing = Writing(read_lines(document, layout, report), from_ascii(name), place, report)
    if len(report.errors) > before:
        writing.known |= words(document) - set(KEYS)
    return writing


@dataclass(eq=False, repr=False)
class Writing:
    """A page that is being written: its lines, and the letters of what is on it so far."""

    lines: list[Line]
    output: str
    place: Node
    report: Report
    givens: Givens = field(init=False)
    letters: dict[str, Shape] = field(default_factory=dict)
    needed: Page = field(init=False)
    widths: dict[str, str] = field(default_factory=dict)
    free: set[str] = field(default_factory=set)  # letters of which nothing but one matrix says what they are

    def __post_init__(self) -> None:
        """Find each line by its symbol."""
        self.line = {line.symbol: line for line in self.lines}
        self.symbols = own_givens(self.lines)
        self.known = set(self.symbols)  # as keys of the config
        self.factors = factors(self.lines)

    def cut(self, letters: dict[str, Shape], heads: int) -> None:
        """Give the lesson's rows, which may be given, as many heads as lines cut them into or repeat."""
        for op, (symbol, count, *_more) in (
            (row.op, (*row.args, "")) for line in self.lines for row in line.rows if row.args[0] in letters
        ):
            shape = letters[symbol]
            if op is SPLIT and is_number(count) and is_count(literal(count)):
                letters[symbol] = (*shape[:-1], times(count, shape[-1].removeprefix("h·")))
            elif op is REPEAT and (part := number_of(count, heads)) >= 1 and not heads % part:
                letters[symbol] = (str(int(heads // part)), *shape[1:])

    def settle(self, form: Form, given: Collection[str], givens: Givens) -> Form:
        """Put the lines among the lesson's rows, and find out which operations and shapes they are.

        Return the form with its lines; what does not fit is in the report. The letters of all that is on the
        page go to ``givens``.
        """
        self.givens = givens
        written = [*givens.matrices, *givens.waiting]
        self.letters = {symbol: shape for symbol, shape in givens.letters.items() if symbol in givens.nodes}
        for line in self.lines:
            if line.symbol in given or line.symbol in self.givens.waiting:
                message = _("{symbol} is given, and computed here", symbol=line.symbol)
                self.report.error(line.at(), message, _("keep one of them"))
        drafts = {line.symbol: line.rows[0] for line in self.lines}
        lesson = {row.symbol: row for row in attention_rows(form) if row.symbol not in given}
        page = Page(tuple(in_order([*lesson.values()], [*drafts.values()])))
        left = [row for symbol, row in (lesson | drafts).items() if symbol not in page.row]
        if self.refuse_circles(left) or self.refuse_output(page):
            return form
        needed = page.needed_for([self.output])
        self.needed = needed
        self.refuse_idle(needed)
        self.widths = widths(needed)
        rows = [row for draft in needed.rows if (row := self.settled(draft, form))]
        if len(self.letters.get(self.output, "nd")) != MATRIX:
            shape = " × ".join(self.shown(self.letters[self.output]))
            message = _("the output {output} is {shape}", output=self.output, shape=shape)
            place = self.line[self.output].at() if self.output in self.line else self.place
            self.report.error(
                place, message, _("an output is a matrix with a row a token: join heads with concat")
            )
        matrices = givens.matrices
        givens.matrices = {symbol: matrices[symbol] for symbol in written if symbol in matrices}
        of_output = dict.fromkeys(("P", "Y", "U"), self.letters.get(self.output, ()))
        givens.letters = givens.letters | self.letters | of_output
        own = tuple(row for row in rows if row.symbol in self.line or row not in needed.rows)
        form = form._replace(lines=own, output=self.output)
        if not self.report.errors:
            self.refuse_clashes(whole_page(form, frozenset(given), "sum", mean=False))
        return form

    def refuse_clashes(self, page: Page) -> None:
        """Refuse names whose gradient would be called as a path is: X_Q, as X has a path by way of Q."""
        paths = {row.symbol: row for row in page.rows if row.via}
        for symbol in (*self.line, *self.symbols):
            if row := paths.get(f"d{symbol}"):
                names = {"name": symbol, "path": row.symbol, "of": row.of, "via": row.via}
                message = _("{name} clashes with {path}, the gradient of {of} by way of {via}", **names)
                line = self.line.get(symbol)
                place = line.at() if line else self.symbols[symbol].of(symbol)
                self.report.error(place, message, _("choose another name"))

    def refuse_circles(self, rows: Iterable[Row]) -> bool:
        """Say which rows read each other in a circle; ``rows`` are those that found no place."""
        left = {row.symbol: row for row in rows}
        path: list[str] = [*left][:1]
        while path and path[-1] not in path[:-1]:
            path.append(next(symbol for symbol, _t in left[path[-1]].reads if symbol in left))
        if path:
            names = path[path.index(path[-1]) :]
            circle = " ← ".join(names)
            message = _("these are worked out from each other, in a circle: {circle}", circle=circle)
            line = next(line for symbol, line in self.line.items() if symbol in names)
            self.report.error(
                line.at(), message, _("a line reads givens, and what can be worked out before it")
            )
        return bool(path)

    def refuse_output(self, page: Page) -> bool:
        """Refuse an output that the page does not have."""
        if self.output in page.row:
            return False
        known = [row.symbol for row in page.rows]
        message = _(
            "output is {name!r}, which nothing on this page computes", name=self.output[:MOST_LETTERS]
        )
        hint = did_you_mean(self.output, known, _("its quantities are {rows}", rows=", ".join(known)))
        self.report.error(self.place, message, hint)
        return True

    def refuse_idle(self, needed: Page) -> None:
        """Refuse lines that the output does not depend on."""
        for line in self.lines:
            if line.symbol not in needed.row:
                names = {"symbol": line.symbol, "output": self.output}
                message = _("{symbol} feeds nothing: the output {output} does not depend on it", **names)
                hint = _("let a line read it, write output: {symbol}, or delete it", symbol=line.symbol)
                self.report.error(line.at(), message, hint)

    # Operations and shapes

    def settled(self, draft: Row, form: Form) -> Row | None:
        """Find out which operation a row is, and its letters; None where something does not fit."""
        line = self.line.get(draft.symbol)
        if line and not self.all_there(line, form):
            return None
        if any(self.rank(symbol) is None for symbol, _t in draft.reads):
            return None  # said elsewhere
        rows = line.rows if line else [draft]
        row = next((one for one in rows if self.ranks_fit(one)), None)
        if row is None or not self.letter(row):
            self.refuse_shapes(row or rows[0])
            return None
        if row.op is CONCAT:  # of other heads than h: its gradient splits into as many
            count = self.givens.dims.of(self.letters[row.args[0]][:1])
            if count and count[0] != self.givens.dims.heads:
                row = replace(row, args=(row.args[0], str(count[0])))
        return row

    def all_there(self, line: Line, form: Form) -> bool:
        """Refuse what a line reads that is not there."""
        before = len(self.report.errors)
        formula = line.rows[0].formula
        there = {
            "c": form.scale == "c",
            "mask": form.masked,
            "B": form.mask_added,
            "√d_k": "Q" in self.letters,
        }
        for symbol in dict(line.rows[0].reads):
            if not there.get(symbol, True):
                message = _("{formula} needs {name}", formula=formula, name=symbol)
                self.report.error(line.of(symbol), message, _(ELSEWHERE[symbol]))
            elif self.rank(symbol) is None and symbol not in self.line and symbol not in self.givens.letters:
                message = _("{name} is missing: {formula} needs it", name=symbol, formula=formula)
                hint = _("write {name}: with its numbers", name=symbol)
                if symbol in ROWS:
                    hint = _(
                        "{symbol} is a quantity of the lesson that this problem does not have", symbol=symbol
                    )
                hint = did_you_mean(symbol, [*self.letters, *self.givens.waiting], hint)
                self.report.error(line.of(symbol), message, hint)
        return len(self.report.errors) == before

    def rank(self, symbol: str) -> int | None:
        """Count the axes of a symbol; None where it is not there, or cannot be read."""
        if is_constant(symbol):
            return 0
        if symbol not in self.givens.waiting:
            return len(self.letters[symbol]) if symbol in self.letters else None
        _node, values = self.givens.waiting[symbol]
        if isinstance(values, Drawn) and values.shape is None:
            return 1 if symbol[0].islower() else MATRIX
        return None if values is None else len(values.shape or ())

    def ranks_fit(self, row: Row) -> bool:
        """Whether the operands have as many axes as the operation needs."""
        heads = set()
        for axes, (symbol, transposed) in zip(axes_of(row), row.reads, strict=True):
            if (axes == ".") != is_constant(symbol) or (transposed and not isinstance(row.op, MatMul)):
                return False
            more = (self.rank(symbol) or 0) - len(axes.strip("*."))
            if axes.startswith("*"):
                heads.add(more)
            elif more:
                return False
        return heads <= {0} or heads <= {1}

    def letter(self, row: Row) -> bool:
        """Give letters to a row, and to matrices that nothing read before; False where they do not fit."""
        reads = [*zip(axes_of(row), row.reads, strict=True)]
        one_head = any(
            axes.startswith("*") and self.rank(symbol) == len(axes) - 1 for axes, (symbol, _t) in reads
        )
        known: dict[str, str] = {"h": "1"} if one_head else {}
        for axes, (symbol, transposed) in sorted(reads, key=lambda read: read[1][0] in self.givens.waiting):
            if is_constant(symbol):
                continue
            names = names_of(axes, self.rank(symbol) or 0, transposed=transposed)
            if symbol in self.givens.waiting:
                self.place_given(symbol, names, known, row)
            for name, letter in zip(names, self.letters[symbol], strict=True):
                if not self.same(known.setdefault(name, letter), letter):
                    return False
        shapes = [
            turn(shape) if transposed else shape
            for symbol, transposed in row.reads
            for shape in [self.letters.get(symbol, (symbol,))]
        ]
        numbers = [
            number_of(symbol, self.givens.dims.heads) if is_constant(symbol) else self.givens.dims.of(shape)
            for (symbol, _t), shape in zip(row.reads, shapes, strict=True)
        ]
        if None not in numbers and not row.op.fits(*numbers):
            return False
        shape = row.op.shape(*shapes)
        if row.op is REPEAT and shape[0] == str(self.givens.dims.heads):
            shape = ("h", *shape[1:])
        self.letters[row.symbol] = shape
        return True

    def place_given(self, symbol: str, names: list[str], known: dict[str, str], row: Row) -> None:
        """Give a matrix the letters that the row asks for; what is free gets one of its own."""
        node, values = self.givens.waiting.pop(symbol)
        dims = self.givens.dims
        sizes = values.shape if values is not None and values.shape else [None] * len(names)
        letters = []
        made = row.op.axes.partition("->")[2]
        for name, size in zip(names, sizes, strict=True):
            of_columns = f"d_{row.symbol if name in made else symbol}"
            width = self.widths.get(symbol, of_columns)
            tokens = (one for one in ("n", "m") if size and dims.sizes.get(one) == size)
            of_rows = next(tokens, f"n_{symbol}") if "n" in dims.sizes else "n"  # nothing else counts tokens
            of_heads = "h" if size in {None, dims.heads} else str(size)
            free = of_heads if name == "h" else of_rows if name == "i" else width
            if name not in known and free == of_columns:
                self.free.add(free)
            letters.append(known.get(name, free))
        self.letters[symbol] = self.givens.letters[symbol] = tuple(letters)
        self.givens.place(symbol, node, values, _(row.op.why) if symbol not in GIVENS else "")

    def same(self, letter: str, other: str) -> bool:
        """Whether two letters stand for equally many; a free one becomes the other."""
        dims = self.givens.dims
        one, two = dims.of((letter,)), dims.of((other,))
        if letter == other or (one and two and one != two):
            return letter == other
        old = next((name for name in (other, letter) if name in self.free), "")
        if old:
            new = letter if old == other else other
            self.free.discard(old)
            self.letters = {
                symbol: tuple(new if one == old else one for one in shape)
                for symbol, shape in self.letters.items()
            }
        return True

    def refuse_shapes(self, row: Row) -> None:
        """Say which shapes do not go together in a row, and why."""
        line = self.line.get(row.symbol)
        shapes = [
            _("{symbol} is {shape}", symbol=symbol, shape=self.shape_text(symbol))
            for symbol in dict(row.reads)
            if not is_constant(symbol)
        ]
        lying = self.givens.layout.written
        formula = worded(row.formula, lying=lying)
        message = _("{formula}: {shapes}", formula=formula, shapes=", ".join(shapes))
        hint = worded(_(row.op.why), lying=lying)
        if any(transposed for _symbol, transposed in row.reads) and not isinstance(row.op, MatMul):
            hint = _("ᵀ stands only in a product")
        place = line.at(line.formula.start, line.formula.length) if line else self.cause(row)
        self.report.error(place, message, hint)

    def cause(self, row: Row) -> Scalar:
        """Return the place of the last line that leads to a row of the lesson."""
        leads = Page(self.needed.rows[: self.needed.rows.index(row)]).needed_for(dict(row.reads))
        lines = [self.line[one.symbol] for one in leads.rows if one.symbol in self.line] or self.lines
        return lines[-1].at()

    def shown(self, value: Any) -> Any:  # noqa: ANN401 - a matrix or a shape
        """Turn a matrix or a shape to the way in which the config has it."""
        return turn(value) if self.givens.layout.written else value

    def shape_text(self, symbol: str) -> str:
        """``9 × 4``, or the letters where the numbers are not known."""
        if symbol in self.givens.waiting:
            _node, values = self.givens.waiting[symbol]
            return "?" if values is None or isinstance(values, Drawn) else shape_text(self.shown(values))
        letters = self.letters[symbol]
        shape = self.givens.dims.of(letters)
        return (
            " × ".join(map(str, self.shown(shape or letters)))
            if len(letters) > 1
            else _("a list of {count}", count=shape[0] if shape else letters[0])
        )


def axes_of(row: Row) -> list[str]:
    """Return the axes of each argument: a letter each, ``*`` for heads or none; a sum may have many."""
    axes = row.op.axes.partition("->")[0].split()
    return (axes + axes[-1:] * len(row.args))[: len(row.args)]


def names_of(axes: str, rank: int, *, transposed: bool) -> list[str]:
    """Return a name for each axis of what goes in, as it stands on the page."""
    own = list(axes.strip("*"))
    names = ["h"] * (rank - len(own)) + own
    return list(turn(tuple(names))) if transposed else names


def number_of(symbol: str, heads: int) -> float:
    """Return a number of a formula; what is no whole number fits always."""
    return heads if symbol == "h" else literal(symbol) if is_number(symbol) else 1.0


def widths(page: Page) -> dict[str, str]:
    """Return the letters of the weights' columns: h·d_k, or 2·d_k where K is cut into 2 heads."""
    cut: dict[str, str] = {}
    for row in page.rows:
        source = row.reads[0][0]
        if row.op is SPLIT and is_count(number_of(row.args[1], 1)):
            while source in page.row and source not in {"Q", "K", "V"}:
                source = page.row[source].reads[0][0]
            cut.setdefault(source, f"{row.args[1]}·".removeprefix("1·"))
    of = {"Wq": ("Q", "d_k"), "Wk": ("K", "d_k"), "Wv": ("V", "d_v")}
    found = {weight: cut.get(symbol, "") + letter for weight, (symbol, letter) in of.items()}
    return found | {"Wo": "d_out"}
