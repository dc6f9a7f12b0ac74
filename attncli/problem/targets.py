"""The target, in each form that it may be written in, and its check against a loss."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from attncli.language import _, plural
from attncli.page.lying import turn, worded
from attncli.problem.dimensions import shape_text
from attncli.problem.document import Node, node_at
from attncli.report import Report

if TYPE_CHECKING:
    from attncli.ops.op import Array


SUM_TOLERANCE = 1e-6


class Target(NamedTuple):
    """A number, a list or a matrix, as it was written; NaN is a place that does not count.

    ``lying``: the matrix was written with tokens as columns; here they are rows.
    """

    name: str
    values: Array
    node: Node
    lying: bool = False

    def resolve(self, loss: str, n: int, d_out: int) -> Array:
        """Return the n × d_out target of one loss, rows that do not count as NaN.

        Raises AttnErrors where it does not fit the output or the loss.
        """
        report = Report()
        rows = self.rows(loss, n, d_out, report)
        report.raise_if_any()
        self.refuse_blanks(loss, rows, report)
        if loss in {"bce", "ce"}:
            self.refuse_values(loss, rows, report)
        report.raise_if_any()
        return rows if rows.shape == (n, d_out) else np.broadcast_to(rows, (n, d_out)).copy()

    def check(self, loss: str | None, n: int, d_out: int) -> None:
        """Check the target against a loss; without one, only its size against the output.

        Raises AttnErrors where it does not fit.
        """
        if loss is not None and loss != "sum":
            self.resolve(loss, n, d_out)
        elif self.values.shape != (n,):  # which may be class numbers
            report = Report()
            self.rows("mse", n, d_out, report)
            report.raise_if_any()

    def rows(self, loss: str, n: int, d_out: int, report: Report) -> Array:
        """Spread the target over the columns of the output: one row, or one a token."""
        values = self.values
        if values.ndim == 1 and loss == "ce":
            return self.classes(n, d_out, report)
        if values.shape in {(n, d_out), (1, d_out), (d_out,), ()}:
            return values if values.shape == (n, d_out) else np.broadcast_to(values, (1, d_out))
        found, (n, d_out) = shape_text(self.written(values)), self.written((n, d_out))
        message = _(
            "{name} is {found}; the output O is {n} × {d_out}", name=self.name, found=found, n=n, d_out=d_out
        )
        hint = _("write a matrix like O, one row for all tokens, or one number for all cells")
        if loss == "ce":
            hint = _(
                "write a matrix like O, one row for all tokens, or one number for all cells,"
                " or for ce one class number a token"
            )
        report.error(self.node, message, worded(hint, lying=self.lying))
        return values

    def written(self, value: Any) -> Any:  # noqa: ANN401 - a matrix, a shape or an index
        """Turn a matrix, a shape or an index to the way in which it was written."""
        return turn(value) if self.lying else value

    def classes(self, n: int, d_out: int, report: Report) -> Array:
        """Turn class numbers into one-hot rows."""
        full = np.zeros((len(self.values), d_out))
        if len(self.values) != n:
            message = plural(
                "{name} has {n} class number; there are {tokens} tokens",
                "{name} has {n} class numbers; there are {tokens} tokens",
                len(self.values),
                name=self.name,
                tokens=n,
            )
            report.error(self.node, message, _("one class number a token, counted from 0"))
            return full
        for i, number in enumerate(self.values.tolist()):
            if math.isnan(number):
                full[i] = math.nan
            elif number.is_integer() and 0 <= number < d_out:
                full[i, int(number)] = 1.0
            else:
                message = _(
                    "{name} is {number:g}; O has {columns} columns,"
                    " so a class is a whole number from 0 to {last}",
                    name=f"{self.name}[{i + 1}]",
                    number=number,
                    columns=d_out,
                    last=d_out - 1,
                )
                message = worded(message, lying=self.lying)
                hint = _("for one distribution for all tokens write [[0.2, 0.8]]")
                report.error(node_at(self.node, i), message, hint)
        return full

    def refuse_blanks(self, loss: str, rows: Array, report: Report) -> None:
        """Refuse blank places where the loss has no use for them."""
        blank = np.isnan(rows)
        if not blank.any():
            return
        if loss == "upstream":
            message = _("{name} has a row that is ~; every cell of dO must be a number", name=self.name)
            message = worded(message, lying=self.lying)
            report.error(self.node, message, _("write 0 where no gradient arrives"))
        elif blank.all():
            message = _("every row of {name} is ~: nothing is left to learn from", name=self.name)
            message, hint = (worded(text, lying=self.lying) for text in (message, _("give at least one row")))
            report.error(self.node, message, hint)
        elif (blank.any(axis=1) & ~blank.all(axis=1)).any():
            message = _("{name} has a row that is blank in some places only", name=self.name)
            hint = _("leave out whole rows with ~")
            message, hint = (worded(text, lying=self.lying) for text in (message, hint))
            report.error(self.node, message, hint)

    def refuse_values(self, loss: str, rows: Array, report: Report) -> None:
        """Refuse what is not a probability, and for ce not a distribution."""
        bad = (rows < 0) | (rows > 1) if loss == "bce" else rows < 0  # above 1 a distribution's sum tells
        for i, j in np.argwhere(bad).tolist() if bad.any() else ():
            axes = self.values.ndim
            index = self.written(((), (j,), (i, j))[axes])
            place = f"[{','.join(str(k + 1) for k in index)}]" if index else ""
            message = _(
                "{name} is {number:g}; {loss} compares probabilities, from 0 to 1",
                name=self.name + place,
                number=rows[i, j],
                loss=loss,
            )
            hint = _("for other numbers use --loss mse")
            report.error(node_at(self.node, *index), message, hint)
            if axes == 0:
                return
        if loss != "ce":
            return
        for i in np.flatnonzero(np.abs(rows.sum(axis=1) - 1) > SUM_TOLERANCE).tolist():
            message = _(
                "{name} row {i} sums to {total:.10g}; ce needs one distribution a row, which sums to 1",
                name=self.name,
                i=i + 1,
                total=rows[i].sum(),
            )
            message = worded(message, lying=self.lying)
            hint = _("or write class numbers, one a token: target: [0, 2, …]")
            report.error(node_at(self.node, *((0, i) if self.lying else (i,))), message, hint)
