"""The target, in all the ways in which it may be written; checked against the loss it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attncli.problem.document import Node, Sequence
from attncli.problem.report import Report

if TYPE_CHECKING:
    from attncli.ops.op import Array

LOSSES = ("bce", "ce", "mse", "sum", "upstream")
REDUCTIONS = ("sum", "mean")
SUM_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Target:
    """A number, a list or a matrix, as it was written; NaN is a place that does not count."""

    name: str
    values: Array
    node: Node

    def resolve(self, loss: str, n: int, d_out: int) -> Array:
        """Return the n × d_out target of one loss, rows that do not count as NaN.

        Raises AttnErrors where it does not fit the output or the loss.
        """
        report = Report()
        full = self.full(loss, n, d_out, report)
        if full is not None:
            self.refuse_values(loss, full, report)
        report.raise_if_any()
        assert full is not None  # noqa: S101 - otherwise the report has raised
        return full

    def check(self, loss: str | None, n: int, d_out: int) -> None:
        """Hold the target against a loss; without one, only its size against the output.

        Raises AttnErrors where it does not fit.
        """
        if loss is not None and loss != "sum":
            self.resolve(loss, n, d_out)
        elif self.values.shape != (n,):  # which may be class numbers
            report = Report()
            self.full("mse", n, d_out, report)
            report.raise_if_any()

    def full(self, loss: str, n: int, d_out: int, report: Report) -> Array | None:
        """Spread the target over all cells of the output."""
        values = self.values
        if values.ndim == 1 and loss == "ce":
            return self.classes(n, d_out, report)
        fits = values.shape in {(n, d_out), (1, d_out), (d_out,), ()}
        if fits:
            return np.array(np.broadcast_to(values, (n, d_out)))
        found = " × ".join(map(str, values.shape)) if values.ndim > 1 else f"a list of {len(values)}"
        report.error(
            self.node,
            f"{self.name} is {found}; the output O is {n} × {d_out}",
            "write a matrix like O, one row for all tokens, or one number for all cells"
            + (", or for ce one class number a token" if loss == "ce" else ""),
        )
        return None

    def classes(self, n: int, d_out: int, report: Report) -> Array | None:
        """Turn class numbers into one-hot rows."""
        if len(self.values) != n:
            report.error(
                self.node,
                f"{self.name} has {len(self.values)} class numbers; there are {n} tokens",
                "one class number a token, counted from 0",
            )
            return None
        full = np.zeros((n, d_out))
        for i, number in enumerate(self.values):
            if np.isnan(number):
                full[i] = np.nan
            elif number in range(d_out):
                full[i, int(number)] = 1.0
            else:
                found = f"{self.name}[{i + 1}] is {number:g}"
                report.error(
                    node_at(self.node, i),
                    f"{found}; O has {d_out} columns, so a class is a whole number from 0 to {d_out - 1}",
                    "for one distribution for all tokens write [[0.2, 0.8]]",
                )
        return full

    def refuse_values(self, loss: str, full: Array, report: Report) -> None:
        """Refuse what the loss cannot be measured against."""
        blank = np.isnan(full)
        if loss == "upstream" and blank.any():
            report.error(
                self.node,
                f"{self.name} has a row that is ~; every cell of dO must be a number",
                "write 0 where no gradient arrives",
            )
        elif (blank.any(axis=1) & ~blank.all(axis=1)).any():
            report.error(
                self.node,
                f"{self.name} has a row that is blank in some places only",
                "leave out whole rows with ~",
            )
        elif blank.all():
            report.error(
                self.node,
                f"every row of {self.name} is ~: nothing is left to learn from",
                "give at least one row",
            )
        elif loss == "bce":
            for i, j in np.argwhere((full < 0) | (full > 1)).tolist():
                self.refuse_cell(i, j, full, "bce compares probabilities, from 0 to 1", report)
        elif loss == "ce":
            for i, j in np.argwhere(full < 0).tolist():
                self.refuse_cell(i, j, full, "ce compares probabilities, from 0 to 1", report)
            for i in np.flatnonzero(np.abs(full.sum(axis=1) - 1) > SUM_TOLERANCE).tolist():
                found = f"{self.name} row {i + 1} sums to {full[i].sum():.10g}"
                report.error(
                    node_at(self.node, i),
                    f"{found}; ce needs one distribution a row, which sums to 1",
                    "or write class numbers, one a token: target: [0, 2, …]",
                )

    def refuse_cell(self, i: int, j: int, full: Array, why: str, report: Report) -> None:
        """Note one cell, at its own place where it has one; a spread value is told once."""
        node = node_at(self.node, i, j) if self.values.ndim > 1 else node_at(self.node, j)
        if self.values.ndim == full.ndim or i == 0:
            place = {0: "", 1: f"[{j + 1}]"}.get(self.values.ndim, f"[{i + 1},{j + 1}]")
            if self.values.ndim == 0 and j > 0:
                return
            report.error(
                node, f"{self.name}{place} is {full[i, j]:g}; {why}", "for any other numbers take --loss mse"
            )


def node_at(node: Node, *index: int) -> Node:
    """Follow an index into nested lists as far as they go."""
    for i in index:
        if not isinstance(node, Sequence) or i >= len(node.items):
            return node
        node = node.items[i]
    return node
